//! What a call has to say to the person who wrote the configuration: errors and warnings with a place.

use warren_tfplugin::tfplugin5 as pb;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The command fails.
    Error,
    /// The command goes on.
    Warning,
}

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// An attribute or block of an object.
    Name(String),
    /// An element of a list.
    Index(usize),
}

/// Where in a resource; empty for the whole of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The path of a top-level attribute or block.
    pub fn name(name: &str) -> Self {
        Self(vec![Step::Name(name.to_owned())])
    }

    /// This path with one step more.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    fn to_wire(&self) -> pb::AttributePath {
        use pb::attribute_path::step::Selector;
        let selector = |step: &Step| match step {
            Step::Name(name) => Selector::AttributeName(name.clone()),
            Step::Index(index) => Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX)),
        };
        let steps = self.0.iter().map(|s| pb::attribute_path::Step { selector: Some(selector(s)) });
        pb::AttributePath { steps: steps.collect() }
    }
}

/// The wire form of the paths that force a replacement.
pub fn paths_to_wire(paths: &[Path]) -> Vec<pb::AttributePath> {
    paths.iter().map(Path::to_wire).collect()
}

/// One error or warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub summary: String,
    /// More lines, or empty.
    pub detail: String,
    /// Where.
    pub path: Path,
}

impl Finding {
    /// An error that points at the whole resource.
    pub fn error(summary: impl Into<String>) -> Self {
        Self { severity: Severity::Error, summary: summary.into(), detail: String::new(), path: Path::default() }
    }

    /// A warning that points at the whole resource.
    pub fn warning(summary: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(summary) }
    }

    /// With a detail.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// With a place.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// Whether it makes the command fail.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn to_wire(&self) -> pb::Diagnostic {
        let severity = match self.severity {
            Severity::Error => pb::diagnostic::Severity::Error,
            Severity::Warning => pb::diagnostic::Severity::Warning,
        };
        pb::Diagnostic {
            severity: severity.into(),
            summary: self.summary.clone(),
            detail: self.detail.clone(),
            attribute: (!self.path.0.is_empty()).then(|| self.path.to_wire()),
        }
    }
}

/// The wire form of a list of findings.
pub fn to_wire(findings: &[Finding]) -> Vec<pb::Diagnostic> {
    findings.iter().map(Finding::to_wire).collect()
}
