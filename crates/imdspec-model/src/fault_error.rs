//! Faults that cannot be what their author meant.

use crate::Fault;
use crate::template;
use std::fmt;

/// Why a fault cannot be what its author meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultError {
    /// `body-base64` is not base64.
    NotBase64,
    /// Both `body` and `body-base64` are given.
    TwoBodies,
    /// A gap that nothing fills, as written between `${` and `}`.
    UnknownGap(String),
    /// The status is not one of three digits.
    BadStatus(u16),
    /// An interim status is not 1xx.
    BadInterim(u16),
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBase64 => f.write_str("body-base64 is not base64; write it padded with ="),
            Self::TwoBodies => f.write_str("body and body-base64 are both given; leave one out"),
            Self::UnknownGap(name) => write!(
                f,
                "nothing fills ${{{name}}}; write one of {}, or a sum such as ${{expiration+15m}}",
                template::NAMES.join(", ")
            ),
            Self::BadStatus(status) => write!(f, "status {status} is not 100 to 999"),
            Self::BadInterim(status) => write!(f, "interim status {status} is not 100 to 199"),
        }
    }
}

impl std::error::Error for FaultError {}

impl Fault {
    /// Checks what its types do not: that the body can be decoded, that every `${gap}` is one that
    /// is filled, that statuses are statuses.
    ///
    /// A model takes any fault: it answers an empty body for one that cannot be decoded, and leaves
    /// unknown gaps as they are.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), FaultError> {
        match self.decode() {
            Some(Err(_)) => return Err(FaultError::NotBase64),
            Some(Ok(_)) if self.body.is_some() => return Err(FaultError::TwoBodies),
            Some(Ok(_)) | None => {}
        }
        let values = self.headers.iter().map(|(_, value)| value);
        for text in self.body.iter().chain(values) {
            if let Some(name) = template::unknown_gap(text) {
                return Err(FaultError::UnknownGap(name));
            }
        }
        if let Some(status) = self.status.filter(|s| !(100..=999).contains(s)) {
            return Err(FaultError::BadStatus(status));
        }
        match self.interim.iter().find(|s| !(100..=199).contains(*s)) {
            Some(status) => Err(FaultError::BadInterim(*status)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut Fault)) -> Result<(), FaultError> {
        let mut fault = Fault::default();
        change(&mut fault);
        fault.check()
    }

    #[test]
    fn a_fault_that_cannot_be_meant_is_named() {
        let gap = |f: &mut Fault| f.body = Some("${expires}".into());
        assert_eq!(with(gap), Err(FaultError::UnknownGap("expires".into())));
        let gap = |f: &mut Fault| f.headers = vec![("A".into(), "${expiration+x}".into())];
        assert_eq!(
            with(gap),
            Err(FaultError::UnknownGap("expiration+x".into()))
        );
        assert_eq!(
            with(|f| f.body_base64 = Some("!".into())),
            Err(FaultError::NotBase64)
        );
        let two = |f: &mut Fault| {
            f.body_base64 = Some("AA==".into());
            f.body = Some("a".into());
        };
        assert_eq!(with(two), Err(FaultError::TwoBodies));
        assert_eq!(
            with(|f| f.status = Some(99)),
            Err(FaultError::BadStatus(99))
        );
        assert_eq!(
            with(|f| f.interim = vec![103, 200]),
            Err(FaultError::BadInterim(200))
        );
        let fine = |f: &mut Fault| f.body = Some("${role} ${expiration-5m} $ {} ${".into());
        assert_eq!(with(fine), Ok(()));
    }
}
