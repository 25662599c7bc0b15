//! The role list: the names of the roles attached to an instance, one a line.

use crate::WireError;

/// The names on a role list whose first line is a legal role name.
///
/// An instance profile has one role, so a client uses the first. Source: EC2 User Guide, "Retrieve
/// security credentials from instance metadata".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleList {
    names: Vec<String>,
}

impl RoleList {
    /// Reads a role list. Lines end with LF or CR LF; white space around a line and empty lines at
    /// the end are ignored, because emulators send them.
    ///
    /// # Errors
    /// [`WireError::NotUtf8`], [`WireError::NoRole`] when nothing is there, or
    /// [`WireError::BadRoleName`] when the first line is not 1 to 64 characters of
    /// `A-Z a-z 0-9 _ + = , . @ -`.
    pub fn parse(body: &[u8]) -> Result<Self, WireError> {
        let text = std::str::from_utf8(body).map_err(|e| WireError::NotUtf8 {
            valid_up_to: e.valid_up_to(),
        })?;
        if text.trim().is_empty() {
            return Err(WireError::NoRole);
        }
        let names: Vec<String> = text
            .trim_end()
            .lines()
            .map(|line| line.trim().to_owned())
            .collect();
        if !is_role_name(&names[0]) {
            return Err(WireError::BadRoleName);
        }
        Ok(Self { names })
    }

    /// The role a client uses.
    #[must_use]
    pub fn first(&self) -> &str {
        &self.names[0]
    }

    /// Every line, in order; only the first is known to be a legal name.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.names
    }
}

/// Whether `name` is one IAM accepts for a role. `.` and `..` are left out: in a path they would
/// name another resource.
fn is_role_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name != "."
        && name != ".."
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_first_of_several() {
        let list = RoleList::parse(b"a+b=c,d.e@f_g-h\r\nsecond\n").unwrap();
        assert_eq!(list.first(), "a+b=c,d.e@f_g-h");
        assert_eq!(list.lines().len(), 2);
    }

    #[test]
    fn refuses_what_is_no_role_name() {
        assert_eq!(RoleList::parse(b" \n"), Err(WireError::NoRole));
        let long = "x".repeat(65);
        for body in ["../../user-data", "..", "a?b", "<html>", "\nrole", &long] {
            assert_eq!(
                RoleList::parse(body.as_bytes()),
                Err(WireError::BadRoleName),
                "{body}"
            );
        }
        assert!(matches!(
            RoleList::parse(b"\xa0\xa1"),
            Err(WireError::NotUtf8 { .. })
        ));
    }
}
