//! Decompresses responses (gzip, deflate, brotli), up to a size limit.

use std::io::{self, Read};

use brotli_decompressor::Decompressor;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// The value of `Accept-Encoding`: the encodings that are decompressed.
pub(crate) const ACCEPTED: &str = "gzip, deflate, br";

/// The maximum number of encoding layers: each layer multiplies the size that a small response can expand to.
const MOST_LAYERS: usize = 2;

/// The reason why a response cannot be decompressed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The result would exceed the limit.
    TooLong,
    /// The bytes are not in the encoding that the header names, or the encoding was not requested.
    Unreadable(String),
}

/// Decodes the `encodings` of the header `Content-Encoding`. Returns at most `most` bytes.
pub(crate) fn decompressed(encodings: &str, bytes: Vec<u8>, most: usize) -> Result<Vec<u8>, Trouble> {
    let is_encoding = |name: &&str| !name.is_empty() && !name.eq_ignore_ascii_case("identity");
    let layers: Vec<&str> = encodings.split(',').map(str::trim).filter(is_encoding).collect();
    if layers.len() > MOST_LAYERS {
        return Err(Trouble::Unreadable("it is compressed too many times".to_owned()));
    }
    // The header lists encodings in the order of application; decoding goes backward.
    layers.iter().rev().try_fold(bytes, |bytes, name| {
        let out = match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => limited(MultiGzDecoder::new(bytes.as_slice()), most),
            // By the standard, deflate has a zlib frame; some servers omit the frame.
            "deflate" => limited(ZlibDecoder::new(bytes.as_slice()), most)
                .or_else(|_| limited(DeflateDecoder::new(bytes.as_slice()), most)),
            "br" => limited(Decompressor::new(bytes.as_slice(), 4096), most),
            _ => {
                let reason = format!("it has the encoding `{name}`, which was not requested");
                return Err(Trouble::Unreadable(reason));
            }
        };
        let out = out.map_err(|_| Trouble::Unreadable(format!("it is declared as {name}, but is not")))?;
        if out.len() > most { Err(Trouble::TooLong) } else { Ok(out) }
    })
}

/// Reads the source to its end, but at most `most + 1` bytes, so that an excess is visible.
fn limited(source: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut out = Vec::new();
    source.take(limit).read_to_end(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("it is kept in memory");
        encoder.finish().expect("it is kept in memory")
    }

    #[test]
    fn a_compressed_body_comes_out_as_it_was() {
        let text = "a name, é, and again a name".repeat(9).into_bytes();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(&text).expect("it is kept in memory");
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
        raw.write_all(&text).expect("it is kept in memory");
        // An uncompressed block (RFC 7932 §9.2): the stream header, 5 bytes of content, and the empty last block.
        let brotli = b"\x0b\x02\x80hello\x03".to_vec();
        let check = |encodings, packed: Vec<u8>, expected: &[u8]| {
            assert_eq!(decompressed(encodings, packed, 4096).as_deref(), Ok(expected), "{encodings}");
        };
        check("", text.clone(), &text);
        check("identity", text.clone(), &text);
        check("GZIP", gzip(&text), &text);
        check("x-gzip, identity", gzip(&text), &text);
        check("gzip, gzip", gzip(&gzip(&text)), &text);
        check("deflate", zlib.finish().expect("it is kept in memory"), &text);
        check("deflate", raw.finish().expect("it is kept in memory"), &text);
        check("br", brotli, b"hello");
    }

    #[test]
    fn what_would_be_too_long_is_not_decompressed() {
        let bomb = gzip(&vec![0; 1 << 20]);
        assert!(bomb.len() < 2048);
        assert_eq!(decompressed("gzip", bomb.clone(), 4096), Err(Trouble::TooLong));
        assert_eq!(decompressed("gzip, gzip", gzip(&bomb), 4096), Err(Trouble::TooLong));
        assert!(matches!(decompressed("gzip, gzip, gzip", Vec::new(), 4096), Err(Trouble::Unreadable(_))));
        assert_eq!(decompressed("gzip", gzip(&[0; 4096]), 4096).map(|bytes| bytes.len()), Ok(4096));
    }

    #[test]
    fn what_is_not_what_it_says_cannot_be_read() {
        let said = |encodings, bytes: &[u8]| decompressed(encodings, bytes.to_vec(), 4096);
        let broken = gzip(b"hello");
        for (encoding, bytes) in
            [("gzip", &b"plain"[..]), ("gzip", &broken[..12]), ("deflate", b"\xff\xff"), ("br", b"\xff\xff")]
        {
            assert!(matches!(said(encoding, bytes), Err(Trouble::Unreadable(_))), "{encoding} {bytes:?}");
        }
        let reason = "it has the encoding `zstd`, which was not requested".to_owned();
        assert_eq!(said("zstd", b"x"), Err(Trouble::Unreadable(reason)));
    }
}
