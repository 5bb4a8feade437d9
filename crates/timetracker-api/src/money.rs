//! Money: whole numbers of the smallest unit of a currency, never a float.

use std::fmt;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use smallvec::SmallVec;

/// The most that an hour may cost, in the smallest unit.
pub const MOST: i64 = 1_000_000_000_000;

/// The codes of ISO 4217 that are in use, by how many digits follow the point.
const CODES: [(u8, &str); 4] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
    (
        2,
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW \
         CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF \
         IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK \
         MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP \
         SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG \
         YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// The codes of all currencies that are in use.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CODES.iter().flat_map(|(_, codes)| codes.split(' '))
}

/// A currency: three letters of ISO 4217. One that was known when it was kept stays readable when it is in use no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Reads a code, in letters of any size.
    pub fn named(code: &str) -> Option<Self> {
        let code = code.to_ascii_uppercase();
        let is_known = codes().any(|each| each == code);
        Self::of(&code).filter(|_| is_known)
    }

    /// Whatever has three capital letters.
    fn of(code: &str) -> Option<Self> {
        let is_code = code.bytes().all(|byte| byte.is_ascii_uppercase());
        code.as_bytes().try_into().ok().filter(|_| is_code).map(Self)
    }

    /// Its code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many digits of an amount follow the point: two, unless the list says otherwise.
    pub fn exponent(&self) -> u8 {
        let others = CODES.iter().filter(|(exponent, _)| *exponent != 2);
        let has = |codes: &str| codes.as_bytes().chunks(4).any(|code| code.starts_with(&self.0));
        others.into_iter().find(|(_, codes)| has(codes)).map_or(2, |(exponent, _)| *exponent)
    }
}

impl<DB: Backend> ToSql<Text, DB> for Currency
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.code().to_sql(out)
    }
}

impl<DB: Backend> FromSql<Text, DB> for Currency
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let code = String::from_sql(bytes)?;
        Self::of(&code).ok_or_else(|| format!("{code:?} is no code of a currency").into())
    }
}

/// What an hour costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In the smallest unit of the currency, from 0 to [`MOST`].
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

impl Rate {
    /// What so many seconds cost, rounded to the nearest unit and from the middle to the even one.
    pub fn of(&self, seconds: i64) -> i128 {
        let (product, hour) = (i128::from(seconds) * i128::from(self.amount), 3_600);
        let (down, rest) = (product.div_euclid(hour), product.rem_euclid(hour));
        match (rest * 2).cmp(&hour) {
            std::cmp::Ordering::Less => down,
            std::cmp::Ordering::Greater => down + 1,
            std::cmp::Ordering::Equal => down + down.rem_euclid(2),
        }
    }
}

/// Sums of money, one for each currency: what is in two cannot be added. In order; it is of one currency nearly always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Money(SmallVec<[(Currency, i128); 1]>);

impl Money {
    /// Adds an amount.
    pub fn add(&mut self, currency: Currency, amount: i128) {
        let at = self.0.partition_point(|(each, _)| *each < currency);
        match self.0.get_mut(at).filter(|(each, _)| *each == currency) {
            Some((_, sum)) => *sum += amount,
            None => self.0.insert(at, (currency, amount)),
        }
    }

    /// The sums, by the codes of their currencies.
    pub fn sums(&self) -> impl Iterator<Item = (Currency, i128)> {
        self.0.iter().copied()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_one_of_the_list_and_knows_its_digits() {
        for (code, expected) in [
            ("EUR", Some(2)),
            ("jpy", Some(0)),
            ("KWD", Some(3)),
            ("CLF", Some(4)),
            ("EU", None),
            ("ABC", None),
            ("", None),
            ("EUR USD", None),
            (" EU", None),
        ] {
            assert_eq!(Currency::named(code).map(|currency| currency.exponent()), expected, "{code}");
        }
        let codes: Vec<&str> = CODES.iter().flat_map(|(_, codes)| codes.split_whitespace()).collect();
        assert!(codes.iter().all(|code| code.len() == 3 && Currency::named(code).is_some()));
        assert_eq!(
            codes.iter().collect::<std::collections::BTreeSet<_>>().len(),
            codes.len(),
            "none is there twice"
        );
    }

    /// Half-even: what is lost to rounding does not add up over many.
    #[test]
    fn an_amount_is_rounded_once_and_from_the_middle_to_the_even_one() {
        let rate = |amount| Rate { amount, currency: Currency::named("EUR").unwrap() };
        for (amount, seconds, expected) in [
            (9_500, 3_600, 9_500),
            (9_500, 0, 0),
            (1, 1_800, 0),
            (3, 1_800, 2),
            (5, 1_800, 2),
            (1, 1_801, 1),
            (1, 1_799, 0),
            (3, -1_800, -2),
            (1, -1_800, 0),
            (MOST, 31 * 86_400, 744 * i128::from(MOST)),
        ] {
            assert_eq!(rate(amount).of(seconds), expected, "{amount} for {seconds} s");
        }
    }
}
