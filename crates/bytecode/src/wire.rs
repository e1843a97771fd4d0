//! Reading and writing plain data: little-endian, every count checked against the bytes that are left before anything is
//! allocated, so that memory stays in proportion to the file.

use crate::bytes::Bytes;

/// Why bytes are no data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WireError {
    /// Offset in the section.
    pub at: usize,
    /// What was expected there.
    pub what: &'static str,
}

pub(crate) type Wired<T> = Result<T, WireError>;

/// Bytes being read.
pub(crate) struct Reader {
    data: Bytes,
    at: usize,
}

impl Reader {
    pub fn new(data: Bytes) -> Self {
        Self { data, at: 0 }
    }

    pub fn left(&self) -> usize {
        self.data.len().saturating_sub(self.at)
    }

    pub fn fail<T>(&self, what: &'static str) -> Wired<T> {
        Err(WireError { at: self.at, what })
    }

    pub fn array<const N: usize>(&mut self, what: &'static str) -> Wired<[u8; N]> {
        match self.data.get(self.at..).and_then(<[u8]>::first_chunk) {
            Some(found) => {
                self.at += N;
                Ok(*found)
            }
            None => self.fail(what),
        }
    }

    /// So many bytes, in the memory of the file.
    pub fn bytes(&mut self, len: usize, what: &'static str) -> Wired<Bytes> {
        if len > self.left() {
            return self.fail(what);
        }
        let part = self.data.part(self.at, len);
        self.at += len;
        Ok(part)
    }

    /// A number of things of at least `least` bytes each.
    pub fn count(&mut self, least: usize) -> Wired<usize> {
        let count = u32::get(self)?;
        match usize::try_from(count) {
            Ok(count) if count.saturating_mul(least.max(1)) <= self.left() => Ok(count),
            _ => self.fail("a count that fits the section"),
        }
    }
}

/// Plain data with a form in bytes.
pub(crate) trait Wire: Sized {
    /// The fewest bytes that it takes, at least 1.
    const LEAST: usize;
    fn put(&self, out: &mut Vec<u8>);
    fn get(from: &mut Reader) -> Wired<Self>;
}

macro_rules! numbers {
    ($($ty:ty, $what:literal;)*) => { $(
        impl Wire for $ty {
            const LEAST: usize = size_of::<$ty>();
            fn put(&self, out: &mut Vec<u8>) { out.extend_from_slice(&self.to_le_bytes()); }
            fn get(from: &mut Reader) -> Wired<Self> { from.array($what).map(Self::from_le_bytes) }
        }
    )* };
}
numbers! {
    u8, "a byte";
    u16, "a number of 16 bits";
    u32, "a number of 32 bits";
    u64, "a number of 64 bits";
    i32, "a signed number of 32 bits";
}

impl Wire for f64 {
    const LEAST: usize = 8;
    fn put(&self, out: &mut Vec<u8>) {
        self.to_bits().put(out);
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        let value = Self::from_bits(u64::get(from)?);
        if value.is_finite() { Ok(value) } else { from.fail("a finite number") }
    }
}

impl Wire for bool {
    const LEAST: usize = 1;
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        match u8::get(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => from.fail("0 or 1"),
        }
    }
}

impl Wire for String {
    const LEAST: usize = 4;
    fn put(&self, out: &mut Vec<u8>) {
        put_len(self.len(), out);
        out.extend_from_slice(self.as_bytes());
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        let len = from.count(1)?;
        let bytes = from.bytes(len, "a text")?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => from.fail("text in UTF-8"),
        }
    }
}

impl Wire for Bytes {
    const LEAST: usize = 4;
    fn put(&self, out: &mut Vec<u8>) {
        put_len(self.len(), out);
        out.extend_from_slice(self);
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        let len = from.count(1)?;
        from.bytes(len, "bytes")
    }
}

impl<T: Wire> Wire for Vec<T> {
    const LEAST: usize = 4;
    fn put(&self, out: &mut Vec<u8>) {
        put_len(self.len(), out);
        for item in self {
            item.put(out);
        }
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        let count = from.count(T::LEAST)?;
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(T::get(from)?);
        }
        Ok(items)
    }
}

impl<T: Wire> Wire for Option<T> {
    const LEAST: usize = 1;
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        Ok(if bool::get(from)? { Some(T::get(from)?) } else { None })
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    const LEAST: usize = A::LEAST + B::LEAST;
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        Ok((A::get(from)?, B::get(from)?))
    }
}

impl<T: Wire + Copy + Default, const N: usize> Wire for [T; N] {
    const LEAST: usize = T::LEAST * N;
    fn put(&self, out: &mut Vec<u8>) {
        for item in self {
            item.put(out);
        }
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        let mut items = [T::default(); N];
        for item in &mut items {
            *item = T::get(from)?;
        }
        Ok(items)
    }
}

/// A count. What the compiler makes has fewer than 2³² of anything; more would be cut, and refused when it is read.
pub(crate) fn put_len(len: usize, out: &mut Vec<u8>) {
    u32::try_from(len).unwrap_or(u32::MAX).put(out);
}

/// The form of a struct: its fields in this order. Leaving one out does not compile.
macro_rules! wire_struct {
    ($($ty:ident { $($field:ident: $fty:ty),* $(,)? })*) => { $(
        impl Wire for $ty {
            const LEAST: usize = 0 $(+ <$fty as Wire>::LEAST)*;
            fn put(&self, out: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $( $field.put(out); )*
            }
            fn get(from: &mut Reader) -> Wired<Self> {
                Ok(Self { $($field: <$fty as Wire>::get(from)?),* })
            }
        }
    )* };
}

/// The form of an enumeration without data: its number.
macro_rules! wire_plain {
    ($($ty:ident, $what:literal { $($number:literal = $variant:ident),* $(,)? })*) => { $(
        impl Wire for $ty {
            const LEAST: usize = 1;
            fn put(&self, out: &mut Vec<u8>) {
                out.push(match self { $(Self::$variant => $number),* });
            }
            fn get(from: &mut Reader) -> Wired<Self> {
                match u8::get(from)? { $($number => Ok(Self::$variant),)* _ => from.fail($what) }
            }
        }
    )* };
}

/// The form of an enumeration whose variants hold at most two things: its number, then these.
macro_rules! wire_enum {
    ($($ty:ident, $what:literal { $($number:literal = $variant:ident $(($($held:ident: $hty:ty),*))?),* $(,)? })*) => { $(
        impl Wire for $ty {
            const LEAST: usize = 1;
            fn put(&self, out: &mut Vec<u8>) {
                match self { $(Self::$variant $(($($held),*))? => { out.push($number); $($($held.put(out);)*)? })* }
            }
            fn get(from: &mut Reader) -> Wired<Self> {
                match u8::get(from)? {
                    $($number => { $($(let $held = <$hty as Wire>::get(from)?;)*)? Ok(Self::$variant $(($($held),*))?) })*
                    _ => from.fail($what),
                }
            }
        }
    )* };
}

pub(crate) use {wire_enum, wire_plain, wire_struct};

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Wire>(bytes: &[u8]) -> Wired<T> {
        T::get(&mut Reader::new(bytes.into()))
    }

    #[test]
    fn counts_are_held_against_what_is_left() {
        // Four thousand million texts in eight bytes.
        assert!(read::<Vec<String>>(&[255, 255, 255, 255, 0, 0, 0, 0]).is_err());
        assert_eq!(read::<Vec<String>>(&[1, 0, 0, 0, 1, 0, 0, 0, b'x']).unwrap(), ["x"]);
        assert!(read::<Vec<u64>>(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(read::<String>(&[1, 0, 0, 0, 0xFF]).is_err());
    }

    #[test]
    fn only_one_form_for_each_value() {
        assert!(read::<bool>(&[2]).is_err() && read::<Option<u8>>(&[2, 0]).is_err());
        assert!(read::<f64>(&f64::NAN.to_bits().to_le_bytes()).is_err());
        assert_eq!(read::<(u16, i32)>(&[1, 2, 0xFF, 0xFF, 0xFF, 0xFF]), Ok((0x201, -1)));
    }

    #[test]
    fn blobs_are_not_copied() {
        let file: Bytes = vec![3, 0, 0, 0, 7, 8, 9].into();
        let blob = Bytes::get(&mut Reader::new(file.clone())).unwrap();
        assert_eq!(&*blob, &[7, 8, 9]);
        assert_eq!(blob.as_ptr(), file[4..].as_ptr());
    }
}
