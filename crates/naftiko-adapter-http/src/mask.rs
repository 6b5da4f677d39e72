//! Masks for secrets and for the texts in which requests carry them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use naftiko_adapter::{Mask, SHORTEST_CREDENTIAL};

/// A mask for a secret and its form-encoded text.
pub(crate) fn mask_of(secret: &str) -> Mask {
    let mut mask = Mask::default();
    mask.hide_credential(secret);
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    mask.hide_credential(&form);
    mask
}

/// A mask for a token and the header that carries it.
pub(crate) fn bearer_mask(secret: &str) -> Mask {
    let mut mask = mask_of(secret);
    let shown = format!("Bearer {secret}");
    mask.hide_alone(&shown.to_ascii_lowercase());
    mask.hide_alone(&shown);
    mask
}

/// A mask for a password and the texts derived from it. A username is not a secret, but some providers take the key as
/// the username with a dummy password: with a password shorter than [`SHORTEST_CREDENTIAL`], the username is masked
/// too.
pub(crate) fn basic_mask(username: &str, password: &str) -> Mask {
    let mut mask = mask_of(password);
    let pair = format!("{username}:{password}");
    mask.hide_credential(&pair);
    mask.hide_credential(&STANDARD.encode(&pair));
    mask.hide_alone(&format!("Basic {}", STANDARD.encode(&pair)));
    if password.chars().count() < SHORTEST_CREDENTIAL {
        mask.hide_all_of(&mask_of(username));
    }
    mask
}
