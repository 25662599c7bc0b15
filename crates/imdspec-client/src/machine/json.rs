//! JSON objects of services and programs, read member by member.

use imdspec_wire::WireError;
use serde_json::{Map, Value};

/// An object. A member that is `null` is not there.
pub(super) struct Object<'a>(&'a Map<String, Value>);

/// Reads an object and hands it to `read`.
///
/// # Errors
/// [`WireError::NotJson`], [`WireError::NotAnObject`], and what `read` finds. None repeats what
/// was read, which may be a secret.
pub(super) fn object<T>(
    bytes: &[u8],
    read: impl FnOnce(Object<'_>) -> Result<T, WireError>,
) -> Result<T, WireError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| WireError::NotJson {
        line: e.line(),
        column: e.column(),
    })?;
    let map = value.as_object().ok_or(WireError::NotAnObject)?;
    read(Object(map))
}

impl<'a> Object<'a> {
    fn member(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text, where there is one; an empty one is none.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&'a str>, WireError> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(WireError::NotAString(name)),
        }
    }

    /// A text that must be there.
    pub(super) fn need(&self, name: &'static str) -> Result<&'a str, WireError> {
        match self.text(name)? {
            Some(text) => Ok(text),
            None if self.member(name).is_some() => Err(WireError::Empty(name)),
            None => Err(WireError::Missing(name)),
        }
    }

    /// A whole number, where there is one.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.member(name)?.as_i64()
    }

    /// An object within.
    pub(super) fn inner(&self, name: &str) -> Option<Self> {
        self.member(name)?.as_object().map(Self)
    }
}
