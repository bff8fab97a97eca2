//! Running a statement: prepared once per connection, measured, errors classified.

use std::time::Instant;

use postgres_types::FromSqlOwned;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::{DbError, FromRow, Querier, Statement};

type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Every row.
///
/// # Errors
/// [`DbError`].
pub async fn all<R: FromRow>(q: &impl Querier, statement: &Statement, params: Params<'_>) -> Result<Vec<R>, DbError> {
    let rows = query(q, statement, params).await?;
    if let Some(first) = rows.first() {
        check_columns::<R>(statement, first)?;
    }
    rows.iter().map(|row| R::from_row(row).map_err(|error| DbError::from_postgres(statement.name, error))).collect()
}

/// The row, if there is one.
///
/// # Errors
/// [`DbError`].
pub async fn optional<R: FromRow>(
    q: &impl Querier,
    statement: &Statement,
    params: Params<'_>,
) -> Result<Option<R>, DbError> {
    Ok(all(q, statement, params).await?.into_iter().next())
}

/// The row of a statement that always returns one.
///
/// # Errors
/// [`DbError`].
pub async fn one<R: FromRow>(q: &impl Querier, statement: &Statement, params: Params<'_>) -> Result<R, DbError> {
    optional(q, statement, params).await?.ok_or_else(|| no_row(statement))
}

/// The first column of every row.
///
/// # Errors
/// [`DbError`].
pub async fn list<T: FromSqlOwned>(
    q: &impl Querier,
    statement: &Statement,
    params: Params<'_>,
) -> Result<Vec<T>, DbError> {
    let rows = query(q, statement, params).await?;
    rows.iter().map(|row| row.try_get(0).map_err(|error| DbError::from_postgres(statement.name, error))).collect()
}

/// The first column of the row, if there is one.
///
/// # Errors
/// [`DbError`].
pub async fn scalar<T: FromSqlOwned>(
    q: &impl Querier,
    statement: &Statement,
    params: Params<'_>,
) -> Result<Option<T>, DbError> {
    Ok(list(q, statement, params).await?.into_iter().next())
}

/// The number of rows that changed.
///
/// # Errors
/// [`DbError`].
pub async fn execute(q: &impl Querier, statement: &Statement, params: Params<'_>) -> Result<u64, DbError> {
    let conn = q.conn();
    let started = Instant::now();
    let result = async {
        let prepared = conn.client().prepare_cached(statement.sql).await?;
        conn.client().execute(&prepared, params).await
    };
    let result = result.await;
    conn.stats().record(statement.name, started.elapsed());
    result.map_err(|error| DbError::from_postgres(statement.name, error))
}

async fn query(q: &impl Querier, statement: &Statement, params: Params<'_>) -> Result<Vec<Row>, DbError> {
    let conn = q.conn();
    let started = Instant::now();
    let result = async {
        let prepared = conn.client().prepare_cached(statement.sql).await?;
        conn.client().query(&prepared, params).await
    };
    let result = result.await;
    conn.stats().record(statement.name, started.elapsed());
    result.map_err(|error| DbError::from_postgres(statement.name, error))
}

fn check_columns<R: FromRow>(statement: &Statement, row: &Row) -> Result<(), DbError> {
    let found = row.columns();
    let name = |expected: &'static str| expected.strip_prefix("r#").unwrap_or(expected);
    if found.len() == R::COLUMNS.len()
        && found.iter().zip(R::COLUMNS).all(|(column, field)| column.name() == name(field))
    {
        return Ok(());
    }
    Err(DbError::Columns {
        query: statement.name,
        found: found.iter().map(|column| column.name().to_owned()).collect(),
        expected: R::COLUMNS,
    })
}

fn no_row(statement: &Statement) -> DbError {
    DbError::Other { query: statement.name, source: "no row came back".into() }
}
