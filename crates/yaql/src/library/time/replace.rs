//! `replace`: a datetime with other parts.

use super::{checked, clock};
use crate::eval::overload::{Argument, Builtin, Parameter, Presence};
use crate::eval::types::Type;
use crate::eval::{Result, Scope};
use crate::{DateTime, Timespan, Value};

/// The function: too many parameters for a Rust function.
pub(super) struct Replace;

impl Builtin<Replace> for Replace {
    fn shapes() -> Vec<(Type, bool, Presence)> {
        let mut shapes = vec![(Type::Int, true, Presence::Optional); 9];
        shapes[0] = (Type::DateTime, false, Presence::Required);
        shapes[8] = (Type::Timespan, true, Presence::Optional);
        shapes
    }

    fn run(&self, scope: &Scope<'_>, args: &mut [Argument]) -> Result<Value> {
        let mut args = args.iter_mut().map(std::mem::take);
        let mut next = || args.next().unwrap_or_default();
        let dt = DateTime::take(next(), scope)?;
        let (date, time) = (dt.date(), clock(dt));
        let mut parts = [
            date.year,
            date.month,
            date.day,
            time.hour,
            time.minute,
            time.second,
            time.microsecond,
        ];
        for part in &mut parts {
            let given: Option<i64> = Parameter::take(next(), scope)?;
            *part = given.unwrap_or(*part);
        }
        let offset: Option<Timespan> = Parameter::take(next(), scope)?;
        Ok(checked(parts, offset.unwrap_or(dt.offset()))?.into())
    }
}
