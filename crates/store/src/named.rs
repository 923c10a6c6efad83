//! Enums whose values have names in rows and in the API.

/// Gives an enum `as_str` and `by_name`; a value without a name does not compile.
macro_rules! named {
    ($type:ident { $($value:ident $name:literal,)+ }) => {
        impl $type {
            /// The name in the API.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }

            /// The value of that name.
            pub fn by_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$value),)+
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use named;
