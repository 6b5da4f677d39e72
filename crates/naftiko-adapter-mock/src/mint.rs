//! Seeded values: ids and timestamps. They depend on the seed, the call and the place in the body, and not on the order
//! of keys in a document.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// The time of the first call of every mock: 2026-01-15T12:00:00Z.
const START: i64 = 1_768_478_400;
/// The digits of ULIDs.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Generates the seeded values of one call.
#[derive(Debug, Clone)]
pub(crate) struct Mint {
    seed: u64,
    operation: String,
    /// The number of the call among those of its operation.
    serial: u64,
    /// The number of the call among all calls, from 0.
    call: u64,
}

impl Mint {
    pub(crate) fn new(seed: u64, operation: String, serial: u64, call: u64) -> Self {
        Self { seed, operation, serial, call }
    }

    /// The time of this call: one second after the previous call.
    pub(crate) fn now(&self) -> Timestamp {
        let seconds = i64::try_from(self.call).unwrap_or(0);
        let start = Timestamp::from_second(START).unwrap_or_default();
        start.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(start)
    }

    /// 64 pseudo-random bits for a place in the body. Different `salt` values give independent bits.
    pub(crate) fn bits(&self, place: &str, salt: u64) -> u64 {
        // FNV-1a absorbs the input; the finalizer of SplitMix64 spreads the bits.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325 ^ self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let numbers = [self.serial, salt].into_iter().flat_map(u64::to_le_bytes);
        for byte in self.operation.bytes().chain([0]).chain(place.bytes()).chain([0]).chain(numbers) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    }

    /// An id of the same form as `example`: a UUID, digits, or a ULID with the prefix of the example.
    pub(crate) fn id(&self, place: &str, example: Option<&str>) -> String {
        let example = example.unwrap_or_default();
        if Uuid::parse_str(example).is_ok() {
            return self.uuid(place);
        }
        if !example.is_empty() && example.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.digits(place, example.len());
        }
        format!("{}{}", prefix(example), self.ulid(place))
    }

    /// 26 characters of Crockford's base 32, starting with `01` like current ULIDs.
    pub(crate) fn ulid(&self, place: &str) -> String {
        let digits = (0..2).flat_map(|half| {
            let bits = self.bits(place, half);
            (0..12u32).filter_map(move |index| {
                let digit = usize::try_from((bits >> (index * 5)) & 31).ok()?;
                CROCKFORD.get(digit).copied().map(char::from)
            })
        });
        "01".chars().chain(digits).collect()
    }

    /// A UUID that has the form of version 4.
    pub(crate) fn uuid(&self, place: &str) -> String {
        let bits = (u128::from(self.bits(place, 0)) << 64) | u128::from(self.bits(place, 1));
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
    }

    /// A positive integer of at most 31 bits, which every client can represent.
    pub(crate) fn integer(&self, place: &str) -> i64 {
        i64::try_from(self.bits(place, 0) >> 33).unwrap_or(1).max(1)
    }

    fn digits(&self, place: &str, count: usize) -> String {
        let digits = (0..4).map(|salt| format!("{:018}", self.bits(place, salt) % 1_000_000_000_000_000_000));
        digits.collect::<String>().chars().take(count).collect()
    }
}

/// The prefix of an id up to its last underscore: `org_` for `org_01EHWNCE74X7JSDV0X3SZ3KJNY`. Empty if no id follows.
fn prefix(example: &str) -> &str {
    let Some((stem, rest)) = example.rsplit_once('_') else { return "" };
    let id = rest.len() >= 4 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let word = !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if id && word { example.get(..=stem.len()).unwrap_or_default() } else { "" }
}
