import type { Facts } from "../src/prompts.ts";
import {
  asides,
  closings,
  denials,
  introductions,
  introductionsOfSelf,
  salutations,
  scenes,
  signatures,
  strangers,
  undated,
} from "./frames.ts";
import type { Incident } from "./incidents.ts";
import type { Random, Tools } from "./tools.ts";

/** An invented complaint with everything that may be asked about it. */
export interface Composed {
  readonly text: string;
  readonly title: string;
  readonly summary: string;
  readonly facts: Facts;
  /** Sections it falls under, sections one may argue about, and sections that it denies in so many words. */
  readonly violations: readonly string[];
  readonly arguable: readonly string[];
  readonly denied: readonly string[];
}

type Slots = Record<string, string>;

/** Tells one to three incidents as one person would, between the phrases of a letter. */
export function compose(tools: Tools, random: Random, told: readonly Incident[]): Composed {
  const { expand, values } = tools;
  const draw = drawWith(tools, random);
  const common: Slots = {
    me: values.person(random),
    place: values.place(random),
    date: values.date(random),
    time: values.time(random),
  };
  const write = (template: string, slots: Slots = { ...common }): string => expand(template, random, slots, draw);

  const chapters = told.map((incident) => chapter(incident, random, common, write));
  const first = chapters[0];
  if (first === undefined) throw new Error("an invented complaint needs an incident");
  const { violations, arguable } = sectionsOf(told);
  const touched = [...violations, ...arguable];
  const denial = random.sample(
    denials.filter(({ sections }) => !sections.some((id) => touched.includes(id))),
    random.chance(0.35) ? random.whole(1, 2) : 0,
  );

  const scene = write(random.pick(random.chance(0.85) ? scenes : undated));
  // Most complaints are short, some fill a page.
  const length = random.pick([0, 1, 1, 2, 2, 3, 4, 6, 9, 14]);
  const extra = [...random.sample(asides, length), ...denial.map(({ says }) => says)].map((template) =>
    write(template),
  );
  const before = random.whole(0, Math.min(3, extra.length));
  const body = chapters.flatMap(({ tells }) => tells);
  const after = random.sample(extra.slice(before), extra.length);
  const parts = [
    write(random.pick(salutations)),
    write(random.pick(introductionsOfSelf)),
    ...extra.slice(0, before),
    ...(random.chance(0.85) ? [scene, ...body] : [...body, scene]),
    ...after,
    write(random.pick(closings)),
    write(random.pick(signatures)),
  ];
  const text = sentences(parts.filter(Boolean).join(" "));
  const has = (value: string): string => (text.includes(value) ? value : "");
  const facts: Facts = {
    complainant: common.me ?? "",
    accused: first.accused,
    date: has(common.date ?? ""),
    time: has(common.time ?? ""),
    place: has(common.place ?? ""),
    property: first.item,
    loss: chapters.map(({ amount }) => has(amount)).find((value) => value !== "") ?? "",
  };
  return {
    text,
    title: sentences(facts.place === "" ? first.title : `${first.title} at ${facts.place}`),
    summary: summarise(
      facts,
      chapters.map(({ sum }) => sum),
      random,
    ),
    facts,
    violations,
    arguable,
    denied: denial.flatMap(({ sections }) => sections),
  };
}

/** The telling alone, as one would note it down: short texts are where telling offences apart is learnt first. */
export function note(
  tools: Tools,
  random: Random,
  told: readonly Incident[],
): Pick<Composed, "text" | "violations" | "arguable"> {
  const draw = drawWith(tools, random);
  const write = (template: string, slots: Slots = {}): string => tools.expand(template, random, slots, draw);
  const text = told.flatMap((incident) => chapter(incident, random, {}, write).tells).join(" ");
  return { text: sentences(text), ...sectionsOf(told) };
}

function sectionsOf(told: readonly Incident[]): Pick<Composed, "violations" | "arguable"> {
  const violations = [...new Set(told.flatMap(({ sections }) => sections))];
  return { violations, arguable: told.flatMap(({ arguable }) => arguable).filter((id) => !violations.includes(id)) };
}

/** Draws a value for a slot by its name. */
function drawWith({ values }: Tools, random: Random): (name: string) => string {
  return (name) => {
    if (name === "place" || name === "spot") return values.place(random);
    if (name === "town") return values.town(random);
    if (name === "date") return values.date(random);
    if (name === "time") return values.time(random);
    if (name === "amount") return values.rupees(random);
    if (name === "age") return String(random.whole(19, 79));
    if (name === "me" || name.startsWith("name")) return values.person(random);
    throw new Error(`no such slot: ${name}`);
  };
}

/** One incident: its sentences, its summary, and the values that they share. */
function chapter(
  incident: Incident,
  random: Random,
  common: Slots,
  write: (template: string, slots?: Slots) => string,
) {
  const who = random.pick(incident.accused.length > 0 ? incident.accused : strangers);
  const slots: Slots = { ...common, item: incident.items.length > 0 ? random.pick(incident.items) : "" };
  const accused = write(who, slots);
  const introduced = who === "<name>" ? write(random.pick(introductions), slots).replace("#", accused) : accused;
  const tells = random.sample(incident.tells, random.chance(0.25) ? 2 : 1).map((tell, index) => {
    // A person is brought in once and has only a name afterwards.
    return write(tell, Object.assign(slots, { accused: index === 0 ? introduced : accused }));
  });
  slots.accused = accused;
  return {
    accused,
    tells,
    item: slots.item ?? "",
    sum: write(random.pick(incident.sums), slots),
    title: write(incident.title, slots),
    amount: slots.amount ?? "\0",
  };
}

function summarise(facts: Facts, sums: readonly string[], random: Random): string {
  const [sum = "", ...others] = sums;
  const when =
    facts.date === "" ? "" : `on ${facts.date}${facts.time !== "" && random.chance(0.5) ? ` at ${facts.time}` : ""}`;
  const where = facts.place === "" ? "" : `at ${facts.place}`;
  const frame = [when, where].filter(Boolean).join(" ");
  const main =
    frame === ""
      ? sum
      : random.chance(0.7)
        ? `${frame}, ${sum.replace(/^(The|A|An) /, (word) => word.toLowerCase())}`
        : `${sum.replace(/\.$/, "")} ${frame}.`;
  const text = [main, ...others].join(" ");
  const loss = facts.loss !== "" && !text.includes(facts.loss) ? ` The loss is Rs ${facts.loss}.` : "";
  return sentences(text + loss);
}

/** A capital at the beginning of every sentence. */
function sentences(text: string): string {
  return text.replace(/(^|[.!?] )([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
}
