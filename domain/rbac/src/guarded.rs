//! A row that cannot be looked at before a decision.

use crate::{Action, Actor, Denied, Object};

/// A row that stands for a protected object.
pub trait Protected {
    /// The object of a decision about this row.
    fn object(&self) -> Object;
}

/// A protected row as it comes from the database.
#[derive(Clone)]
pub struct Guarded<T>(T);

impl<T: Protected> Guarded<T> {
    /// Wraps a row that was just read.
    pub fn new(row: T) -> Self {
        Self(row)
    }

    /// The row, if `actor` may do `action` to it.
    ///
    /// # Errors
    /// [`Denied`] says whether the object is visible to the actor.
    pub fn allow(self, actor: &Actor, action: Action) -> Result<T, Denied> {
        actor.check(action, &self.0.object())?;
        Ok(self.0)
    }

    /// A further decision about a row that stays wrapped.
    ///
    /// # Errors
    /// As [`Guarded::allow`].
    pub fn check(&self, actor: &Actor, action: Action) -> Result<(), Denied> {
        actor.check(action, &self.0.object())
    }

    /// The row without a decision, for work of the server itself. The reason is for the reader of the code.
    pub fn system(self, _reason: &'static str) -> T {
        self.0
    }
}

impl<T> std::fmt::Debug for Guarded<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guarded(..)")
    }
}
