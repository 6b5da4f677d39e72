//! The boundary between parts.

use super::Part;

/// A boundary that occurs in no part. It depends only on the parts, so equal bodies are written equally.
pub(super) fn boundary(parts: &[Part]) -> String {
    let all = parts.iter().flat_map(|part| {
        part.name.iter().flat_map(|name| name.bytes()).chain(part.written.bytes.iter().copied())
    });
    // The hash is FNV-1a.
    let number = all.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    free(number, parts)
}

/// The first boundary from this number on that occurs in no part.
fn free(mut number: u64, parts: &[Part]) -> String {
    loop {
        let boundary = format!("naftiko-{number:016x}");
        let holds = |part: &Part| contains(&part.written.bytes, boundary.as_bytes());
        if !parts.iter().any(holds) {
            return boundary;
        }
        number = number.wrapping_add(1);
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Written;
    use crate::media_type::TEXT;

    #[test]
    fn no_part_holds_the_boundary() {
        let part = |text: &str| Part {
            name: Some("a".to_owned()),
            is_file: false,
            written: Written {
                content_type: TEXT.to_owned(),
                file_name: None,
                bytes: text.as_bytes().to_vec(),
            },
        };
        let parts = [part("--naftiko-0000000000000005--"), part("xnaftiko-0000000000000006"), part("")];
        assert_eq!(free(5, &parts), "naftiko-0000000000000007");
        assert_eq!(boundary(&parts), boundary(&parts), "the same parts have the same boundary");
        assert_ne!(boundary(&parts), boundary(&parts[..2][..1]));
    }
}
