//! A reverse workflow: tasks that require others.

use super::super::random::Random;
use super::text::Text;
use super::{Place, task};

/// `back`, whose targets are `r0` to `r3`.
pub(super) fn workflow(random: &mut Random, text: &mut Text) {
    text.line(0, "back:");
    text.line(1, "type: reverse");
    text.line(1, "tasks:");
    for number in 0..4u64 {
        text.line(2, &format!("r{number}:"));
        let place = Place {
            below: None,
            back: false,
            tasks: 4,
        };
        task::work(random, place, text);
        task::policies(random, text);
        task::publish(random, text);
        let requires: Vec<_> = (0..number).filter(|_| random.chance(50)).collect();
        if !requires.is_empty() {
            let names: Vec<_> = requires.iter().map(|r| format!("r{r}")).collect();
            text.line(3, &format!("requires: [{}]", names.join(", ")));
        }
    }
}
