//! What filters, tests, functions and methods do, in a line each.
//!
//! Invariant: these are exactly the names that are known (a test says so).

/// `filter(arguments)`, without the operand, and what it makes of the operand.
pub(super) const FILTERS: [(&str, &str); 54] = [
    ("abs()", "The number without its sign."),
    (
        "attr(name)",
        "The Python attribute of that name, never an entry of a dict.",
    ),
    (
        "batch(linecount, fill_with)",
        "Lists of `linecount` items each; the last one is filled up, if asked for.",
    ),
    (
        "capitalize()",
        "The first character in upper case, all others in lower case.",
    ),
    ("center(width=80)", "The text in the middle of a line."),
    ("count()", "The same as `length`."),
    (
        "d(default_value='', boolean=false)",
        "The same as `default`.",
    ),
    (
        "default(default_value='', boolean=false)",
        "Another value if it is undefined; with `boolean` also if it is false.",
    ),
    (
        "dictsort(case_sensitive=false, by='key', reverse=false)",
        "The entries of a dict as sorted pairs.",
    ),
    ("e()", "The same as `escape`."),
    (
        "escape()",
        "The text safe for HTML; what is safe already stays.",
    ),
    (
        "filesizeformat(binary=false)",
        "A number of bytes with a unit.",
    ),
    ("first()", "The first item; undefined if there is none."),
    (
        "float(default=0.0)",
        "A float, or the default if it is no number.",
    ),
    (
        "forceescape()",
        "The text safe for HTML, escaped again if it was safe already.",
    ),
    (
        "format(*args, **kwargs)",
        "The text with its `%` places filled.",
    ),
    (
        "groupby(attribute, default, case_sensitive=false)",
        "Groups with `grouper` and `list`, in the order of the attribute.",
    ),
    (
        "indent(width=4, first=false, blank=false)",
        "The lines indented, the first one only if asked for.",
    ),
    (
        "int(default=0, base=10)",
        "An integer, or the default if it is no number.",
    ),
    ("items()", "The entries of a dict as pairs."),
    (
        "join(d='', attribute)",
        "The texts of all items with `d` between them.",
    ),
    ("last()", "The last item; undefined if there is none."),
    ("length()", "The number of items or characters."),
    ("list()", "The items as a list."),
    ("lower()", "The text in lower case."),
    (
        "map(filter, *args, **kwargs) or map(attribute=path, default=value)",
        "What a filter makes of each item, or an attribute of each.",
    ),
    ("max(case_sensitive=false, attribute)", "The greatest item."),
    ("min(case_sensitive=false, attribute)", "The smallest item."),
    ("pprint()", "The value as Python writes it, for people."),
    ("random()", "Any one of the items."),
    (
        "reject(test, *args)",
        "The items that do not pass a test; without one, those that are false.",
    ),
    (
        "rejectattr(path, test, *args)",
        "The items whose attribute does not pass a test; without one, those where it is false.",
    ),
    (
        "replace(old, new, count)",
        "The text with `old` replaced by `new`, at most `count` times.",
    ),
    (
        "reverse()",
        "The items or characters from the last to the first.",
    ),
    (
        "round(precision=0, method='common')",
        "The number rounded as a float; `ceil` and `floor` are methods, too.",
    ),
    ("safe()", "The text, taken as safe for HTML."),
    (
        "select(test, *args)",
        "The items that pass a test; without one, those that are true.",
    ),
    (
        "selectattr(path, test, *args)",
        "The items whose attribute passes a test; without one, those where it is true.",
    ),
    (
        "slice(slices, fill_with)",
        "So many lists with all the items, as even as possible.",
    ),
    (
        "sort(reverse=false, case_sensitive=false, attribute)",
        "The items in order, or in that of attributes separated by commas.",
    ),
    ("string()", "The text of the value; markup stays markup."),
    (
        "striptags()",
        "The text without tags and comments, blanks made single.",
    ),
    (
        "sum(attribute, start=0)",
        "The sum of the items, or of an attribute of them.",
    ),
    (
        "title()",
        "Each word with a capital, all else in lower case.",
    ),
    ("tojson(indent)", "JSON that is safe in HTML."),
    (
        "trim(chars)",
        "The text without blanks, or the given characters, at both ends.",
    ),
    (
        "truncate(length=255, killwords=false, end='...', leeway=5)",
        "The start of a text that is longer than `length`.",
    ),
    (
        "unique(case_sensitive=false, attribute)",
        "The items without those that were there before.",
    ),
    ("upper()", "The text in upper case."),
    (
        "urlencode()",
        "The text, or the entries of a dict, escaped for an address.",
    ),
    (
        "urlize(trim_url_limit, nofollow=false, target, rel, extra_schemes)",
        "HTML with links for the addresses in a text.",
    ),
    ("wordcount()", "The number of words."),
    (
        "wordwrap(width=79, break_long_words=true, wrapstring, break_on_hyphens=true)",
        "The text in lines of at most `width` characters.",
    ),
    (
        "xmlattr(autospace=true)",
        "The entries of a dict as attributes of a tag.",
    ),
];

/// `value is test(arguments)`
pub(super) const TESTS: [(&str, &str); 39] = [
    ("!=(other)", "Differs from another value."),
    ("<(other)", "Is less than another value."),
    ("<=(other)", "Is at most another value."),
    ("==(other)", "Equals another value."),
    (">(other)", "Is greater than another value."),
    (">=(other)", "Is at least another value."),
    ("boolean", "Is `true` or `false`."),
    ("callable", "Can be called."),
    ("defined", "Is there."),
    (
        "divisibleby(num)",
        "Can be divided by a number without a remainder.",
    ),
    ("eq(other)", "The same as `==`."),
    ("equalto(other)", "The same as `==`."),
    ("escaped", "Is marked as safe for HTML."),
    ("even", "Is an even number."),
    ("false", "Is `false`."),
    ("filter", "Is the name of a filter."),
    ("float", "Is a float."),
    ("ge(other)", "The same as `>=`."),
    ("greaterthan(other)", "The same as `>`."),
    ("gt(other)", "The same as `>`."),
    ("in(other)", "Is an item, a key or a part of another value."),
    ("integer", "Is an integer; booleans are none."),
    ("iterable", "Has items that can be iterated."),
    ("le(other)", "The same as `<=`."),
    ("lessthan(other)", "The same as `<`."),
    ("lower", "Is all in lower case."),
    ("lt(other)", "The same as `<`."),
    ("mapping", "Is a dict."),
    ("ne(other)", "The same as `!=`."),
    ("none", "Is `none`."),
    ("number", "Is a number; booleans are some, as in Python."),
    ("odd", "Is an odd number."),
    ("sameas(other)", "Is the very same object as another value."),
    ("sequence", "Has a length and items by position or key."),
    ("string", "Is text."),
    ("test", "Is the name of a test."),
    ("true", "Is `true`."),
    ("undefined", "Is not there."),
    ("upper", "Is all in upper case."),
];

/// Functions that every template has.
pub(super) const GLOBALS: [(&str, &str); 6] = [
    (
        "range(start, stop, step=1)",
        "Integers up to `stop`, without it; at most 100,000.",
    ),
    (
        "dict(pairs, **entries)",
        "A dict of pairs and of named entries.",
    ),
    (
        "lipsum(n=5, html=true, min=20, max=100)",
        "Text without a meaning, for trying out.",
    ),
    (
        "cycler(*items)",
        "Gives the items one after the other with `next()`, without an end.",
    ),
    (
        "joiner(sep=', ')",
        "Gives nothing when called first, and then always the separator.",
    ),
    (
        "namespace(**attributes)",
        "Attributes that can be set inside of loops, too.",
    ),
];

/// Methods of Python's types, by type.
pub(super) const METHODS: [(&str, &[(&str, &str)]); 6] = [
    (
        "text",
        &[
            (
                "capitalize()",
                "The first character in upper case, all others in lower case.",
            ),
            ("casefold()", "Lower case for comparisons."),
            (
                "center(width, fillchar=' ')",
                "In the middle of so many characters.",
            ),
            ("count(sub, start, end)", "How often another text is in it."),
            ("encode(encoding='utf-8', errors)", "The bytes of the text."),
            (
                "endswith(suffix, start, end)",
                "Whether it ends with a text or one of a tuple.",
            ),
            ("expandtabs(tabsize=8)", "Tabs as blanks."),
            (
                "find(sub, start, end)",
                "Where another text first is, or -1.",
            ),
            (
                "format(*args, **kwargs)",
                "The text with its `{}` places filled.",
            ),
            (
                "format_map(mapping)",
                "As `format`, with the entries of a dict.",
            ),
            (
                "index(sub, start, end)",
                "Where another text first is, or an error.",
            ),
            ("isalnum()", "Whether there are only letters and digits."),
            ("isalpha()", "Whether there are only letters."),
            ("isascii()", "Whether there are only ASCII characters."),
            ("isdecimal()", "Whether there are only decimal digits."),
            ("isdigit()", "Whether there are only digits."),
            ("isidentifier()", "Whether it could be a name in Python."),
            (
                "islower()",
                "Whether all letters are in lower case, and there are some.",
            ),
            (
                "isnumeric()",
                "Whether there are only characters with a numeric value.",
            ),
            ("isprintable()", "Whether all characters can be printed."),
            ("isspace()", "Whether there are only blanks."),
            (
                "istitle()",
                "Whether each word has a capital, and only there.",
            ),
            (
                "isupper()",
                "Whether all letters are in upper case, and there are some.",
            ),
            (
                "join(iterable)",
                "The texts of a list with this one between them.",
            ),
            ("ljust(width, fillchar=' ')", "Filled up on the right."),
            ("lower()", "In lower case."),
            (
                "lstrip(chars)",
                "Without blanks, or the given characters, at the start.",
            ),
            (
                "partition(sep)",
                "The part before a separator, the separator, and the part after it.",
            ),
            ("removeprefix(prefix)", "Without a prefix, if it is there."),
            ("removesuffix(suffix)", "Without a suffix, if it is there."),
            (
                "replace(old, new, count=-1)",
                "With `old` replaced by `new`.",
            ),
            (
                "rfind(sub, start, end)",
                "Where another text last is, or -1.",
            ),
            (
                "rindex(sub, start, end)",
                "Where another text last is, or an error.",
            ),
            ("rjust(width, fillchar=' ')", "Filled up on the left."),
            ("rpartition(sep)", "As `partition`, at the last separator."),
            (
                "rsplit(sep, maxsplit=-1)",
                "As `split`, counting from the right.",
            ),
            (
                "rstrip(chars)",
                "Without blanks, or the given characters, at the end.",
            ),
            (
                "split(sep, maxsplit=-1)",
                "The parts between separators; without one, the words.",
            ),
            ("splitlines(keepends=false)", "The lines."),
            (
                "startswith(prefix, start, end)",
                "Whether it starts with a text or one of a tuple.",
            ),
            (
                "strip(chars)",
                "Without blanks, or the given characters, at both ends.",
            ),
            (
                "swapcase()",
                "Upper case as lower case, and the other way round.",
            ),
            ("title()", "Each word with a capital."),
            ("upper()", "In upper case."),
            (
                "zfill(width)",
                "Filled up with zeros on the left, after a sign.",
            ),
        ],
    ),
    (
        "list",
        &[
            ("append(object)", "Adds an item at the end."),
            ("clear()", "Removes all items."),
            ("copy()", "The same items in a list of its own."),
            (
                "count(value)",
                "How many items equal a value; tuples have it, too.",
            ),
            ("extend(iterable)", "Adds items at the end."),
            (
                "index(value, start, stop)",
                "Where a value first is, or an error; tuples have it, too.",
            ),
            ("insert(index, object)", "Adds an item before an index."),
            ("pop(index=-1)", "Removes an item and gives it."),
            (
                "remove(value)",
                "Removes the first item that equals a value.",
            ),
            ("reverse()", "Turns the order round."),
            ("sort(key, reverse=false)", "Sorts the items."),
        ],
    ),
    (
        "dict",
        &[
            ("clear()", "Removes all entries."),
            ("copy()", "The same entries in a dict of its own."),
            (
                "get(key, default=none)",
                "The value under a key, or the default.",
            ),
            ("items()", "The entries as pairs."),
            ("keys()", "The keys."),
            ("pop(key, default)", "Removes an entry and gives its value."),
            (
                "popitem()",
                "Removes the last entry and gives it as a pair.",
            ),
            (
                "setdefault(key, default=none)",
                "The value under a key, which is set first if it is not there.",
            ),
            ("update(other, **entries)", "Adds or replaces entries."),
            ("values()", "The values."),
        ],
    ),
    (
        "integer",
        &[
            ("bit_length()", "How many bits the number needs."),
            ("conjugate()", "The number itself; floats have it, too."),
        ],
    ),
    (
        "float",
        &[("is_integer()", "Whether there is nothing after the point.")],
    ),
    (
        "bytes",
        &[(
            "decode(encoding='utf-8', errors='strict')",
            "The text of the bytes.",
        )],
    ),
];

#[cfg(test)]
mod tests {
    use super::super::globals::Global;
    use super::super::{filters, methods, predicates};
    use super::*;

    fn names<'t>(table: &'t [(&'t str, &'t str)]) -> Vec<&'t str> {
        let name = |(signature, _): &(&'t str, &'t str)| {
            signature
                .split_once('(')
                .map_or(*signature, |(name, _)| name)
        };
        table.iter().map(name).collect()
    }

    #[test]
    fn all_that_is_known_is_described() {
        assert_eq!(names(&FILTERS), filters::names().collect::<Vec<_>>());
        assert_eq!(names(&TESTS), predicates::NAMES);
        assert_eq!(names(&GLOBALS), Global::ALL.map(Global::name));
        for (_, methods) in METHODS {
            assert!(names(methods).into_iter().all(methods::is_known));
        }
        let described: Vec<_> = METHODS.iter().flat_map(|(_, table)| names(table)).collect();
        for name in methods::of_data() {
            assert!(described.contains(&name), "{name}");
        }
    }

    #[test]
    fn descriptions_are_sentences() {
        let methods = METHODS.iter().flat_map(|(_, table)| *table);
        let tables = FILTERS.iter().chain(&TESTS).chain(&GLOBALS).chain(methods);
        for (signature, doc) in tables {
            assert!(
                doc.ends_with('.') && doc.chars().next().is_some_and(char::is_uppercase),
                "{signature}"
            );
        }
    }
}
