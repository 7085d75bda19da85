//! A value as values.tsv says it.
use scylla::value::CqlValue;

/// Of big-endian two's complement, digit by digit, as it may have any length.
fn decimal_digits(bytes: &[u8]) -> String {
    let negative = bytes.first().is_some_and(|b| b & 0x80 != 0);
    let mut left = bytes.to_vec();
    if negative {
        left.iter_mut().for_each(|b| *b = !*b);
        for b in left.iter_mut().rev() {
            *b = b.wrapping_add(1);
            if *b != 0 {
                break;
            }
        }
    }
    let mut digits = Vec::new();
    while left.iter().any(|&b| b != 0) {
        let mut rest = 0u32;
        for b in left.iter_mut() {
            rest = rest << 8 | u32::from(*b);
            *b = (rest / 10) as u8;
            rest %= 10;
        }
        digits.push(char::from(b'0' + rest as u8));
    }
    match (digits.is_empty(), negative) {
        (true, _) => digits.push('0'),
        (_, true) => digits.push('-'),
        _ => {}
    }
    digits.iter().rev().collect()
}

/// Of days since 1970, by the calendar of 400 years that begin in March.
fn date(days: i64) -> String {
    let z = days + 719468;
    let era = z.div_euclid(146097);
    let day = z.rem_euclid(146097);
    let year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let m = (5 * of_year + 2) / 153;
    let month = if m < 10 { m + 3 } else { m - 9 };
    let y = year + era * 400 + i64::from(month <= 2);
    format!("{:04}-{:02}-{:02}", y, month, of_year - (153 * m + 2) / 5 + 1)
}

fn float(f: f64) -> String {
    if f.is_nan() {
        return "f:nan".to_string();
    }
    format!("f:{:016x}", f.to_bits())
}

fn all<'a>(values: impl IntoIterator<Item = &'a CqlValue>) -> Vec<String> {
    values.into_iter().map(|v| said(Some(v))).collect()
}

fn sorted(open: &str, mut parts: Vec<String>, end: &str) -> String {
    parts.sort();
    format!("{}{}{}", open, parts.join(","), end)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{:02x}", b)).collect()
}

pub fn said(value: Option<&CqlValue>) -> String {
    let Some(value) = value else {
        return "null".to_string();
    };
    match value {
        CqlValue::Ascii(s) | CqlValue::Text(s) => format!("\"{}\"", s),
        CqlValue::Boolean(b) => b.to_string(),
        CqlValue::Blob(b) => format!("0x{}", hex(b)),
        CqlValue::Decimal(d) => {
            let (digits, scale) = d.as_signed_be_bytes_slice_and_exponent();
            format!("dec({},{})", decimal_digits(digits), scale)
        }
        CqlValue::Date(d) => date(i64::from(d.0) - (1 << 31)),
        CqlValue::Double(f) => float(*f),
        CqlValue::Float(f) => float(f64::from(*f)),
        CqlValue::Duration(d) => format!("dur({},{},{})", d.months, d.days, d.nanoseconds),
        CqlValue::Int(n) => n.to_string(),
        CqlValue::BigInt(n) => n.to_string(),
        CqlValue::SmallInt(n) => n.to_string(),
        CqlValue::TinyInt(n) => n.to_string(),
        CqlValue::Timestamp(t) => format!("ms:{}", t.0),
        CqlValue::Time(t) => t.0.to_string(),
        CqlValue::Inet(a) => format!("\"{}\"", a),
        CqlValue::List(v) | CqlValue::Vector(v) => format!("[{}]", all(v).join(",")),
        CqlValue::Set(v) => sorted("{", all(v), "}"),
        CqlValue::Map(v) => {
            let parts = v.iter().map(|(k, v)| format!("{}:{}", said(Some(k)), said(Some(v))));
            sorted("{", parts.collect(), "}")
        }
        CqlValue::UserDefinedType { fields, .. } => {
            let parts = fields.iter().map(|(name, v)| format!("{}={}", name, said(v.as_ref())));
            sorted("<", parts.collect(), ">")
        }
        CqlValue::Tuple(v) => {
            let parts: Vec<_> = v.iter().map(|v| said(v.as_ref())).collect();
            format!("({})", parts.join(","))
        }
        CqlValue::Timeuuid(u) => u.to_string(),
        CqlValue::Uuid(u) => u.to_string(),
        CqlValue::Varint(n) => decimal_digits(n.as_signed_bytes_be_slice()),
        other => format!("what is a {:?}?", other),
    }
}
