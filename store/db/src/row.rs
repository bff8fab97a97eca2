//! Row types.

use tokio_postgres::Row;

/// A type that is made from a row, column by column in the declared order.
pub trait FromRow: Sized {
    /// Names of the columns, in order.
    const COLUMNS: &'static [&'static str];

    /// Reads a row whose columns were compared with [`FromRow::COLUMNS`].
    ///
    /// # Errors
    /// A column has another type.
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error>;
}

/// Declares a struct and reads it from rows by position; the names of the columns must be those of the fields.
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $type),* }

        impl $crate::FromRow for $name {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn from_row(row: &$crate::private::Row) -> Result<Self, $crate::private::Error> {
                let mut column = 0..;
                let mut next = || column.next().unwrap_or_default();
                Ok(Self { $($field: row.try_get(next())?),* })
            }
        }
    };
}
