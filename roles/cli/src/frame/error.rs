//! How errors are shown: the two-line frame, the API envelope in it, several errors as a list.

use warren_client::{ApiError, Error as ClientError};

/// Ends the process with a code and no further word.
#[derive(Debug)]
pub struct Exit(pub u8);

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit status {}", self.0)
    }
}

impl std::error::Error for Exit {}

/// The silent end after a declined question.
pub fn cancelled() -> anyhow::Error {
    anyhow::Error::new(Exit(1))
}

/// Several errors that happened side by side.
#[derive(Debug)]
pub struct Several {
    pub context: String,
    pub errors: Vec<anyhow::Error>,
}

impl std::fmt::Display for Several {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} errors", self.errors.len())
    }
}

impl std::error::Error for Several {}

/// The message of an error, without the frame.
pub fn message(error: &anyhow::Error, program: &str, verbose: bool) -> String {
    let mut contexts = Vec::new();
    let mut chain = error.chain().peekable();
    while let Some(cause) = chain.next() {
        if let Some(several) = cause.downcast_ref::<Several>() {
            return render_several(several, program, verbose);
        }
        if let Some(api) = api_of(cause) {
            return render_api(api, &contexts, program, verbose);
        }
        let text = cause.to_string();
        // A wrapper that repeats its cause adds nothing.
        if chain.peek().is_none_or(|next| next.to_string() != text) {
            contexts.push(text);
        }
    }
    contexts.join(": ")
}

fn api_of<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a ApiError> {
    cause.downcast_ref::<ClientError>().and_then(ClientError::api).or_else(|| cause.downcast_ref::<ApiError>())
}

fn render_api(api: &ApiError, contexts: &[String], program: &str, verbose: bool) -> String {
    let mut lines = Vec::new();
    if verbose {
        lines.push(format!("API request error to \"{}:{}\". Status code {}", api.method, api.url, api.status.as_u16()));
    }
    if !contexts.is_empty() {
        lines.push(format!("Trace=[{}: ]", contexts.join(": ")));
    }
    lines.push(api.message.clone());
    if !api.validations.is_empty() {
        lines.push(format!("{} validation error(s) found", api.validations.len()));
        lines.extend(api.validations.iter().map(|v| format!("\t {} : {}", v.field, v.detail)));
    }
    let signed_out = api.status == http::StatusCode::UNAUTHORIZED;
    let helper =
        api.suggestion.clone().or_else(|| signed_out.then(|| format!("Try logging in using '{program} login'.")));
    let helper = helper.map(|text| format!("Suggestion: {text}"));
    let shows_detail = helper.is_none() || verbose;
    lines.extend(helper);
    if shows_detail && !api.detail.is_empty() {
        lines.push(api.detail.clone());
    }
    lines.join("\n")
}

fn render_several(several: &Several, program: &str, verbose: bool) -> String {
    let mut text = format!("{} errors encountered: ", several.errors.len());
    if !several.context.is_empty() {
        text.push_str(&format!("Trace=[{}: ])", several.context));
    }
    for (index, error) in several.errors.iter().enumerate() {
        let item = message(error, program, verbose).replace('\n', "\n    ");
        text.push_str(&format!("\n{}.  {item}", index + 1));
    }
    text
}

/// Prints an error in its frame.
pub fn print(error: &anyhow::Error, program: &str, command: &str, verbose: bool) {
    eprintln!("Encountered an error running {command:?}, see \"{command} --help\" for more information");
    eprintln!("error: {}", message(error, program, verbose));
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};
    use http::StatusCode;
    use warren_api::ValidationError;

    use super::*;

    #[test]
    fn contexts_of_an_api_error_become_a_trace_line() {
        let error = anyhow::Error::new(api(StatusCode::BAD_REQUEST)).context("create tokens");
        assert_eq!(
            message(&error, "coder", false),
            "Trace=[create tokens: ]\nNo.\n1 validation error(s) found\n\t name : taken\nmore"
        );
    }

    #[test]
    fn signed_out_suggests_the_login_and_hides_the_detail() {
        let error = anyhow::Error::new(api(StatusCode::UNAUTHORIZED));
        assert!(message(&error, "warren", false).ends_with("Suggestion: Try logging in using 'warren login'."));
        assert!(message(&error, "warren", true).ends_with("'warren login'.\nmore"));
    }

    #[test]
    fn other_errors_are_a_chain() {
        let error: anyhow::Error = Err::<(), _>(anyhow!("inner")).context("outer").unwrap_err();
        assert_eq!(message(&error, "coder", false), "outer: inner");
    }

    #[test]
    fn nested_lists_are_indented() {
        let inner = Several { context: String::new(), errors: vec![anyhow!("a"), anyhow!("b")] };
        let outer = Several { context: String::new(), errors: vec![anyhow!("x"), anyhow::Error::new(inner)] };
        assert_eq!(
            message(&anyhow::Error::new(outer), "coder", false),
            "2 errors encountered: \n1.  x\n2.  2 errors encountered: \n    1.  a\n    2.  b"
        );
    }

    fn api(status: StatusCode) -> ClientError {
        ClientError::Api(Box::new(ApiError {
            method: "POST".into(),
            url: "http://x".into(),
            status,
            message: "No.".into(),
            detail: "more".into(),
            suggestion: None,
            validations: vec![ValidationError { field: "name".into(), detail: "taken".into() }],
            build_version: None,
        }))
    }
}
