//! Path parameters by position.

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use uuid::Uuid;
use warren_core::{Error, OrgRef, UserRef};

use crate::api::State;
use crate::describe::{Describe, Operation, ParameterForm};
use crate::error::ApiError;

/// The parameters of the route's pattern, in order; a tuple for several.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

/// One parameter.
pub trait PathParameter: Sized {
    /// What it looks like, for the document.
    const FORM: ParameterForm;

    /// Reads it.
    ///
    /// # Errors
    /// What the caller is told.
    fn read(text: &str) -> Result<Self, Error>;
}

impl PathParameter for Uuid {
    const FORM: ParameterForm = ParameterForm::Uuid;

    fn read(text: &str) -> Result<Self, Error> {
        Uuid::parse_str(text)
            .map_err(|error| Error::invalid(format!("Invalid UUID {text:?}.")).detail(format!("{error}.")))
    }
}

impl PathParameter for String {
    const FORM: ParameterForm = ParameterForm::Text;

    fn read(text: &str) -> Result<Self, Error> {
        Ok(text.to_owned())
    }
}

impl PathParameter for UserRef {
    const FORM: ParameterForm = ParameterForm::Text;

    fn read(text: &str) -> Result<Self, Error> {
        text.parse().map_err(|never: std::convert::Infallible| match never {})
    }
}

impl PathParameter for OrgRef {
    const FORM: ParameterForm = ParameterForm::Text;

    fn read(text: &str) -> Result<Self, Error> {
        text.parse().map_err(|never: std::convert::Infallible| match never {})
    }
}

impl PathParameter for i32 {
    const FORM: ParameterForm = ParameterForm::Integer;

    fn read(text: &str) -> Result<Self, Error> {
        text.parse().map_err(|_| Error::invalid(format!("{text:?} is not a number.")))
    }
}

impl PathParameter for i64 {
    const FORM: ParameterForm = ParameterForm::Integer;

    fn read(text: &str) -> Result<Self, Error> {
        text.parse().map_err(|_| Error::invalid(format!("{text:?} is not a number.")))
    }
}

/// All parameters of a route.
pub trait PathParameters: Sized {
    /// What they look like, in order.
    const FORMS: &'static [ParameterForm];

    /// Reads them in order.
    ///
    /// # Errors
    /// What the caller is told.
    fn read<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Self, Error>;
}

fn next<'a, T: PathParameter>(texts: &mut impl Iterator<Item = &'a str>) -> Result<T, Error> {
    T::read(texts.next().ok_or_else(|| Error::internal("the route has fewer parameters than its handler"))?)
}

impl<T: PathParameter> PathParameters for T {
    const FORMS: &'static [ParameterForm] = &[T::FORM];

    fn read<'a>(mut texts: impl Iterator<Item = &'a str>) -> Result<Self, Error> {
        next(&mut texts)
    }
}

impl<A: PathParameter, B: PathParameter> PathParameters for (A, B) {
    const FORMS: &'static [ParameterForm] = &[A::FORM, B::FORM];

    fn read<'a>(mut texts: impl Iterator<Item = &'a str>) -> Result<Self, Error> {
        Ok((next(&mut texts)?, next(&mut texts)?))
    }
}

impl<A: PathParameter, B: PathParameter, C: PathParameter> PathParameters for (A, B, C) {
    const FORMS: &'static [ParameterForm] = &[A::FORM, B::FORM, C::FORM];

    fn read<'a>(mut texts: impl Iterator<Item = &'a str>) -> Result<Self, Error> {
        Ok((next(&mut texts)?, next(&mut texts)?, next(&mut texts)?))
    }
}

impl<T: PathParameters> FromRequestParts<State> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError(Error::invalid("Invalid path.").detail(format!("{error}."))))?;
        Ok(Self(T::read(params.iter().map(|(_, value)| value))?))
    }
}

impl<T: PathParameters> Describe for Path<T> {
    fn describe(operation: &mut Operation) {
        operation.path = T::FORMS.to_vec();
    }
}
