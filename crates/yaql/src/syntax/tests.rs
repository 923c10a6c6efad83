use super::*;

#[test]
fn words_are_words() {
    assert!(is_word("a1") && is_word("_x") && !is_word("__x") && !is_word("1a") && !is_word("a b"));
}
