//! Mutants for CONT.

use crate::self_test::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[];
