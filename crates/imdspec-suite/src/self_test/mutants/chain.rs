//! Mutants for CHAIN.

use crate::self_test::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[];
