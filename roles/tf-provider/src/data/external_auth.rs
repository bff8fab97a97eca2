//! `coder_external_auth`: the owner's token for an outside service.

use super::Reading;

/// Prefix of the variable, followed by the service's id as it is.
const ACCESS_TOKEN: &str = "CODER_EXTERNAL_AUTH_ACCESS_TOKEN_";

pub fn read(reading: &mut Reading<'_>) {
    let id = reading.text("id").to_owned();
    if id.is_empty() {
        return reading.fail("id is required");
    }
    let token = reading.session.env.get(&format!("{ACCESS_TOKEN}{id}")).to_owned();
    reading.set("access_token", token);
}
