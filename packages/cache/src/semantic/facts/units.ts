const variants: Readonly<Record<string, string>> = {
  km: "km kilometer kilometre kms",
  m: "m meter metre",
  cm: "cm centimeter centimetre",
  mm: "mm millimeter millimetre",
  mile: "mile mi",
  foot: "foot feet ft",
  inch: "inch inches",
  yard: "yard yd",
  acre: "acre",
  hectare: "hectare ha",
  kg: "kg kilogram kilo kgs",
  g: "g gram",
  mg: "mg milligram",
  mcg: "mcg µg μg microgram",
  pound: "pound lb lbs",
  ounce: "ounce oz",
  ton: "ton tonne",
  l: "l liter litre",
  ml: "ml milliliter millilitre",
  gallon: "gallon gal",
  ms: "ms millisecond",
  second: "second sec secs s",
  minute: "minute min mins",
  hour: "hour hr hrs h",
  day: "day",
  week: "week wk",
  month: "month",
  quarter: "quarter",
  year: "year yr yrs",
  decade: "decade",
  percent: "percent % pct percentage",
  usd: "usd dollar $ bucks",
  eur: "eur euro €",
  gbp: "gbp £",
  inr: "inr rupee rs ₹",
  jpy: "jpy yen ¥",
  lakh: "lakh",
  crore: "crore",
  celsius: "celsius °c",
  fahrenheit: "fahrenheit °f",
  kelvin: "kelvin",
  degree: "degree °",
  byte: "byte",
  kb: "kb kilobyte",
  mb: "mb megabyte",
  gb: "gb gigabyte gib",
  tb: "tb terabyte",
  hz: "hz hertz",
  mhz: "mhz",
  ghz: "ghz",
  watt: "watt w",
  kw: "kw kilowatt",
  kwh: "kwh",
  volt: "volt v",
  calorie: "calorie cal",
  kcal: "kcal",
  mph: "mph",
  kph: "kph kmh km/h",
};

/** A unit's one name by each of its written forms. Units are told apart, never converted. */
export const units: ReadonlyMap<string, string> = new Map(
  Object.entries(variants).flatMap(([unit, forms]) =>
    forms.split(" ").flatMap((form): [string, string][] => [
      [form, unit],
      [`${form}s`, unit],
    ]),
  ),
);

/** Words and letters that multiply the number before them. */
export const scales: ReadonlyMap<string, number> = new Map([
  ["k", 1e3],
  ["hundred", 1e2],
  ["thousand", 1e3],
  ["million", 1e6],
  ["mn", 1e6],
  ["billion", 1e9],
  ["bn", 1e9],
  ["trillion", 1e12],
]);

/** Numbers in words. "one" is not here: it is a pronoun more often than a number. */
export const numberWords: ReadonlyMap<string, number> = new Map([
  ...(
    "zero - two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen " +
    "eighteen nineteen"
  )
    .split(" ")
    .map((word, value): [string, number] => [word, value]),
  ..."twenty thirty forty fifty sixty seventy eighty ninety"
    .split(" ")
    .map((word, index): [string, number] => [word, (index + 2) * 10]),
  ["dozen", 12],
]);
