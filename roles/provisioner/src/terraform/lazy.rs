//! Terraform found once for all daemons of a process; looked for again as long as it is missing.

use tokio::sync::Mutex;

use super::{Terraform, TerraformError, TerraformOptions};

/// Shared by the daemons of a process.
#[derive(Debug)]
pub struct LazyTerraform {
    options: TerraformOptions,
    found: Mutex<Option<Terraform>>,
}

impl LazyTerraform {
    /// Nothing is run before the first [`LazyTerraform::get`].
    pub fn new(options: TerraformOptions) -> Self {
        Self { options, found: Mutex::new(None) }
    }

    /// The Terraform that was found, now or earlier.
    pub async fn get(&self) -> Result<Terraform, TerraformError> {
        let mut found = self.found.lock().await;
        if let Some(terraform) = &*found {
            return Ok(terraform.clone());
        }
        let terraform = Terraform::detect(&self.options).await?;
        tracing::info!(version = %terraform.version(), path = %terraform.binary().display(), "terraform found");
        *found = Some(terraform.clone());
        Ok(terraform)
    }
}
