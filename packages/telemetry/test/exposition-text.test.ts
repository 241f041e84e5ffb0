import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { familyName, unitName } from "../src/exposition/family-name.ts";
import { labelText } from "../src/exposition/labels.ts";
import { negotiateFormat } from "../src/exposition/negotiate.ts";
import { labelsOf, seriesKey, splitSeries } from "../src/exposition/series.ts";
import { formatValue, parseValue, sanitizeName } from "../src/exposition/text.ts";
import { type Family, flyballMetrics, namesFor, parseExposition, renderExposition } from "../src/index.ts";

describe("values", () => {
  it("are read back as they were written", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(parseValue(formatValue(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it.each([
    ["+Inf", Number.POSITIVE_INFINITY],
    ["-Inf", Number.NEGATIVE_INFINITY],
    ["NaN", Number.NaN],
    ["1e+21", 1e21],
    [".5", 0.5],
  ])("%s is read as %s", (text, value) => expect(parseValue(text)).toBe(value));

  it.each(["", "one", "0x10", "1_000", "1e", "--1"])("%j is refused", (text) =>
    expect(parseValue(text)).toBeUndefined(),
  );
});

describe("labels", () => {
  it("come back from the text whatever they hold", () => {
    const names = fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/).filter((name) => sanitizeName(name) === name);
    const values = fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).map((value) => value.toWellFormed());
    const reserved = new Set(["le", "quantile"]);
    fc.assert(
      fc.property(
        fc.dictionary(
          names.filter((name) => !reserved.has(name)),
          values,
        ),
        (labels) => {
          const text = labelText(labels);
          const split = splitSeries(`name{${text}} 1`);
          expect(split?.rest).toBe(" 1");
          expect(Object.fromEntries(labelsOf(`name{${text}}`))).toEqual({ ...labels });
        },
      ),
    );
  });

  it("are one label when two attributes become one name, since a label given twice costs the scrape", () => {
    expect(labelText({ "a.b": "1", a_b: "2" })).toBe('a_b="1;2"');
  });

  it("make way for what histograms and summaries need", () => {
    expect(labelText({ le: "x", quantile: "y" })).toBe('exported_le="x",exported_quantile="y"');
  });

  it("are left out when empty, and written as JSON when no strings", () => {
    expect(labelText({ empty: "", missing: undefined, flag: true, count: 3, list: ["a"] })).toBe(
      'flag="true",count="3",list="[\\"a\\"]"',
    );
  });

  it("do not break on what JSON cannot say", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(labelText({ big: 10n, cycle })).toBe('big="10",cycle="[object Object]"');
  });

  it("make one key for one series, whatever their order and empty ones", () => {
    expect(seriesKey('a{y="2",x="1",z=""}')).toBe(seriesKey('a{x="1",y="2"}'));
    expect(seriesKey('a{x=""}')).toBe(seriesKey("a"));
    expect(seriesKey('a{x="1"}')).not.toBe(seriesKey('a{x="2"}'));
  });
});

describe("names", () => {
  it("of our own metrics are what their definitions say", () => {
    const own = [...Object.values(flyballMetrics), ...Object.values(namesFor("v1.41").metrics)];
    for (const metric of own) {
      if (!metric) continue;
      const type = metric.type === "updown" ? "gauge" : metric.type;
      expect(familyName(metric.name, type, unitName(metric.unit))).toBe(metric.prometheus);
      expect(metric.prometheus).toMatch(/^[a-z][a-z0-9_]*$/);
    }
  });

  it.each([
    ["http.server.duration", "histogram", "s", "http_server_duration_seconds"],
    ["calls", "counter", "{call}", "calls_total"],
    ["calls_total", "counter", "1", "calls_total"],
    ["sent_bytes_total", "counter", "By", "sent_bytes_total"],
    ["7days", "gauge", "", "_7days"],
    ["speed", "gauge", "m/s", "speed"],
  ] as const)("of other metrics follow OpenTelemetry's rules: %s", (name, type, unit, family) => {
    expect(familyName(name, type, unitName(unit))).toBe(family);
  });
});

describe("content negotiation", () => {
  it.each([
    [undefined, "prometheus"],
    ["", "prometheus"],
    ["*/*", "prometheus"],
    ["text/html", "prometheus"],
    ["application/openmetrics-text", "openmetrics"],
    [
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "openmetrics",
    ],
    ["application/openmetrics-text;q=0.2, text/plain;q=0.9", "prometheus"],
    ["application/openmetrics-text;q=0, */*", "prometheus"],
    ["Application/OpenMetrics-Text; Version=1.0.0", "openmetrics"],
    ["application/openmetrics-text;q=x", "prometheus"],
  ] as const)("%j gives %s", (accept, format) => expect(negotiateFormat(accept)).toBe(format));
});

describe("an exposition", () => {
  const label = fc.tuple(
    fc.constantFrom("a", "b", "c"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).map((value) => value.toWellFormed()),
  );
  const series = (name: string) =>
    fc
      .uniqueArray(label, { selector: ([key]) => key, maxLength: 3 })
      .map((labels) => (labels.length === 0 ? name : `${name}{${labelText(Object.fromEntries(labels))}}`));
  const family = fc
    .record({
      name: fc.constantFrom("one", "two", "three"),
      type: fc.constantFrom("counter", "gauge", "untyped"),
      help: fc.string({ unit: "binary", maxLength: 30 }).map((help) => help.toWellFormed().replaceAll("\r", "")),
    })
    .chain(({ name, type, help }): fc.Arbitrary<Family> => {
      const full = type === "counter" ? `${name}_total` : name;
      const sample = fc.record({ series: series(full), value: fc.double().map((value) => value + 0) });
      return fc
        .uniqueArray(sample, { selector: (one) => seriesKey(one.series), minLength: 1, maxLength: 5 })
        .map((samples) => ({ name: full, type: type as Family["type"], help: help.trim(), samples }));
    });
  const families = fc.uniqueArray(family, { selector: (one) => one.name, maxLength: 3 });

  it.each(["prometheus", "openmetrics"] as const)("is read back as it was written in %s", (format) => {
    fc.assert(
      fc.property(families, (written) => {
        const { families: read, malformed } = parseExposition(renderExposition(written, format), format);
        expect(malformed).toBe(0);
        expect(read.map(({ name, help, samples }) => ({ name, help, samples }))).toEqual(
          written.map(({ name, help, samples }) => ({
            name,
            help,
            samples: samples.map((one) => ({ ...one, value: one.value === 0 ? 0 : one.value })),
          })),
        );
      }),
    );
  });
});

describe("reading an exposition", () => {
  it("joins what stands apart, keeps timestamps and skips broken lines", () => {
    const text = [
      "# HELP a_seconds Time.",
      "# TYPE a_seconds histogram",
      "# UNIT a_seconds seconds",
      'a_seconds_bucket{le="1"} 1',
      "b 5 1700000000000",
      'a_seconds_bucket{le="+Inf"} 2',
      "a_seconds_sum 3",
      "a_seconds_count 2",
      "this is no sample",
      'c{x="1} 2',
      "# EOF",
    ].join("\n");
    const { families, malformed } = parseExposition(text);
    expect(families.map(({ name, type, samples }) => [name, type, samples.length])).toEqual([
      ["a_seconds", "histogram", 4],
      ["b", "untyped", 1],
    ]);
    expect(families[1]?.samples[0]).toEqual({ series: "b", value: 5, timestampMs: 1_700_000_000_000 });
    expect(malformed).toBe(2);
  });

  it("gives OpenMetrics' counters and infos the names that the older format knows, exemplars included", () => {
    const text = [
      "# TYPE calls counter",
      "# HELP calls Calls.",
      'calls_total{x="1"} 2 1700000000.5 # {trace_id="abc"} 1 1700000000.25',
      "calls_created 1700000000",
      "# TYPE build info",
      'build_info{version="1"} 1',
      "# EOF",
    ].join("\n");
    const { families } = parseExposition(text, "openmetrics");
    expect(families).toEqual([
      {
        name: "calls_total",
        type: "counter",
        help: "Calls.",
        samples: [
          {
            series: 'calls_total{x="1"}',
            value: 2,
            timestampMs: 1_700_000_000_500,
            exemplar: { labels: 'trace_id="abc"', value: 1, timestampMs: 1_700_000_000_250 },
          },
        ],
      },
      { name: "build_info", type: "gauge", help: "", samples: [{ series: 'build_info{version="1"}', value: 1 }] },
    ]);
  });

  it("survives any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        parseExposition(text);
        parseExposition(text, "openmetrics");
      }),
    );
  });
});
