//! Which columns of a table find room on a terminal, and how wide they are.

/// Cells between two columns.
pub(crate) const GAP: usize = 2;
/// The least of a column that can be cut.
const LEAST: usize = 12;
/// A column that is wider than an id can be cut.
const WIDE: usize = 36;

/// What a column would like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Cells of its longest text, the title included.
    pub(crate) width: usize,
    /// Whether it goes first when there is no room.
    pub(crate) is_extra: bool,
    /// Whether there is anything in it.
    pub(crate) is_empty: bool,
}

impl Wish {
    fn can_be_cut(self) -> bool {
        self.width > WIDE
    }

    fn least(self) -> usize {
        match self.can_be_cut() {
            true => LEAST,
            false => self.width,
        }
    }
}

/// The columns that are shown, by their number, and their widths.
///
/// Empty columns go; where there is no room, extra ones do, and then the others, the last
/// ones first. What is left beyond the short columns is shared among the long ones.
pub(crate) fn fit(wishes: &[Wish], width: usize) -> Vec<(usize, usize)> {
    let has_rows = wishes.iter().any(|wish| !wish.is_empty);
    let mut kept: Vec<(usize, Wish)> = wishes
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, wish)| !(wish.is_empty && (wish.is_extra || has_rows)))
        .collect();
    while needed(&kept) > width
        && let Some(last) = kept.iter().rposition(|(_, wish)| wish.is_extra)
    {
        kept.remove(last);
    }
    while needed(&kept) > width && kept.len() > 1 {
        kept.pop();
    }
    let gaps = GAP * kept.len().saturating_sub(1);
    let short = kept.iter().filter(|(_, wish)| !wish.can_be_cut());
    let short: usize = short.map(|(_, wish)| wish.width).sum();
    let room = width.saturating_sub(short + gaps);
    let share = share(&kept, room);
    let width_of = |wish: Wish| match wish.can_be_cut() {
        true => wish.width.min(share),
        false => wish.width,
    };
    kept.iter()
        .map(|(at, wish)| (*at, width_of(*wish)))
        .collect()
}

fn needed(kept: &[(usize, Wish)]) -> usize {
    let cells: usize = kept.iter().map(|(_, wish)| wish.least()).sum();
    cells + GAP * kept.len().saturating_sub(1)
}

/// The width up to which long columns grow together in the room for all of them.
fn share(kept: &[(usize, Wish)], mut room: usize) -> usize {
    let long = kept.iter().filter(|(_, wish)| wish.can_be_cut());
    let mut widths: Vec<usize> = long.map(|(_, wish)| wish.width).collect();
    widths.sort_unstable();
    for (at, width) in widths.iter().enumerate() {
        let each = room / (widths.len() - at);
        if *width > each {
            return each.max(1);
        }
        room -= width;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(width: usize) -> Wish {
        Wish {
            width,
            is_extra: false,
            is_empty: false,
        }
    }

    fn extra(width: usize) -> Wish {
        Wish {
            is_extra: true,
            ..wish(width)
        }
    }

    #[test]
    fn everything_fits() {
        assert_eq!(fit(&[wish(36), extra(10)], 80), [(0, 36), (1, 10)]);
        assert_eq!(fit(&[], 80), []);
    }

    #[test]
    fn long_columns_share_what_is_left() {
        let wishes = [wish(10), wish(100), wish(40), wish(200)];
        assert_eq!(fit(&wishes, 136), [(0, 10), (1, 40), (2, 40), (3, 40)]);
        let wishes = [wish(10), wish(37), wish(200)];
        assert_eq!(fit(&wishes, 111), [(0, 10), (1, 37), (2, 60)]);
    }

    #[test]
    fn extra_columns_go_first() {
        let wishes = [wish(36), wish(10), extra(19), extra(19), wish(100)];
        assert_eq!(fit(&wishes, 64), [(0, 36), (1, 10), (4, 14)]);
        let empty = Wish {
            is_empty: true,
            ..extra(5)
        };
        assert_eq!(fit(&[wish(5), empty, extra(6)], 80), [(0, 5), (2, 6)]);
    }

    #[test]
    fn a_terminal_of_one_column() {
        assert_eq!(fit(&[wish(36), wish(100)], 1), [(0, 36)]);
        assert_eq!(fit(&[wish(100)], 1), [(0, 1)]);
    }
}
