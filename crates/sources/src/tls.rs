//! Whom TLS trusts: the certificates of a file, else those of the system, else Mozilla's.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use callroute_workspace::read_limited;

/// The most bytes of a file of certificates.
const MAX_CERTIFICATES: u64 = 4 * 1024 * 1024;

/// The configuration of a client; it checks certificates, always.
///
/// # Errors
/// In words, when the file cannot be used.
pub(crate) fn client(ca: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca {
        let fault = |why: String| format!("the certificates in {}: {why}", path.display());
        let bytes =
            read_limited(path, MAX_CERTIFICATES).map_err(|error| fault(error.to_string()))?.ok_or_else(|| fault("too large".to_owned()))?;
        for certificate in CertificateDer::pem_slice_iter(&bytes) {
            roots.add(certificate.map_err(|error| fault(error.to_string()))?).map_err(|error| fault(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(fault("there is none in PEM form".to_owned()));
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}
