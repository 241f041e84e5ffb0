import type { Random } from "./random.ts";
import { date, firstName, person, place, rupees, time, town } from "./values.ts";

/** One thing that a text may say, what may be asked about it, and how it is answered. */
export interface Fact {
  readonly slot: string;
  readonly says: readonly string[];
  readonly asks: readonly string[];
  readonly answers: readonly string[];
}

/** A kind of text: a subject and facts about it in any order. */
export interface Domain {
  readonly kind: string;
  readonly opens: readonly string[];
  readonly facts: readonly Fact[];
  readonly asides: readonly string[];
}

const trades =
  "steel|coffee|cotton|solar panels|bicycles|paper|tea|software|medicine|toys|furniture|shoes|spices|glass|pumps|books|garments|milk|tractors|batteries|cement|maps|games|cloud storage|insurance|travel".split(
    "|",
  );
const units = "Growth|Sales|Support|Finance|Design|Logistics|Security|Platform|Research|Quality|Data|Field".split("|");
const causes =
  "a broken pump|a failed update|a late delivery|a power cut|a wrong address|a full disk|a lost password|a faulty cable|heavy rain|an expired card|a missing part|a slow network|a strike|a wrong invoice".split(
    "|",
  );
const goods =
  "kettle|laptop|chair|camera|printer|phone|lamp|heater|jacket|tent|blender|router|watch|tablet|speaker|drill|bag|mattress|fan|bottle".split(
    "|",
  );
const suffixes =
  "Works|Foods|Labs|Systems|Traders|Industries|Motors|Energy|Textiles|Digital|Logistics|Health|Bank|Media".split("|");

/** Draws the value of a slot by its name. */
export function drawValue(name: string, random: Random): string {
  switch (name) {
    case "person":
    case "owner":
    case "guest":
      return person(random);
    case "first":
      return firstName(random);
    case "company":
    case "rival":
      return `${firstName(random)} ${random.pick(suffixes)}`;
    case "town":
    case "branch":
      return town(random);
    case "place":
      return place(random);
    case "date":
    case "due":
      return date(random);
    case "time":
      return time(random);
    case "amount":
    case "price":
      return `Rs ${rupees(random)}`;
    case "year":
      return String(random.whole(1950, 2025));
    case "staff":
      return String(random.whole(3, 9800));
    case "percent":
      return `${random.whole(2, 90)} %`;
    case "days":
      return `${random.whole(2, 60)} days`;
    case "code":
      return `${random.pick(["A", "B", "C", "K", "M", "R", "T", "X"])}${random.whole(100, 99999)}`;
    case "trade":
      return random.pick(trades);
    case "unit":
      return random.pick(units);
    case "cause":
      return random.pick(causes);
    case "good":
      return random.pick(goods);
    default:
      throw new Error(`no such slot: ${name}`);
  }
}

export const domains: readonly Domain[] = [
  {
    kind: "company",
    opens: [
      "<company> {makes|sells|exports|deals in} <trade>.",
      "<company> is a {company|firm|business} {that makes|known for|in the field of} <trade>.",
      "The {main|core} business of <company> is <trade>.",
    ],
    facts: [
      {
        slot: "trade",
        says: [],
        asks: ["What does <company> {make|sell|deal in}?", "What is the {business|product} of <company>?"],
        answers: ["<company> deals in <trade>."],
      },
      {
        slot: "person",
        says: [
          "It was {founded|started|set up} by <person>.",
          "<person> {founded|started} the {company|firm|business}.",
          "The founder is <person>.",
        ],
        asks: ["Who {founded|started|set up} {the company|<company>}?", "Who is the founder{| of <company>}?"],
        answers: ["<company> was founded by <person>."],
      },
      {
        slot: "year",
        says: [
          "It began {work|business} in <year>.",
          "The {company|firm} {dates from|has existed since|opened in} <year>.",
        ],
        asks: [
          "When {did it begin|was the company started|did <company> begin}?",
          "In which year did {it|<company>} begin?",
        ],
        answers: ["It began in <year>."],
      },
      {
        slot: "town",
        says: [
          "Its {head office|main office|headquarters} is in <town>.",
          "It is {based|run from an office} in <town>.",
        ],
        asks: ["Where is {the head office|it based|<company> based}?", "In which town is {the company|<company>}?"],
        answers: ["It is based in <town>."],
      },
      {
        slot: "staff",
        says: ["It employs <staff> people.", "<staff> people work {there|for it}.", "It has a staff of <staff>."],
        asks: ["How many people {work there|does it employ|does <company> employ}?"],
        answers: ["It employs <staff> people."],
      },
      {
        slot: "amount",
        says: [
          "{Sales|Revenue|Turnover} {came to|reached|stood at} <amount> last year.",
          "Last year it earned <amount>.",
        ],
        asks: ["What {were the sales|was the revenue} last year?", "How much did it earn last year?"],
        answers: ["Revenue was <amount>."],
      },
      {
        slot: "percent",
        says: ["{Sales|Revenue|Profit} grew by <percent>.", "It {reported|saw} growth of <percent>."],
        asks: ["How {fast|much} did {it|revenue} grow?", "What was the growth?"],
        answers: ["It grew by <percent>."],
      },
      {
        slot: "rival",
        says: ["Its {main|closest} {rival|competitor} is <rival>.", "It competes with <rival>."],
        asks: ["Who is the {main|closest} {rival|competitor}?"],
        answers: ["The main competitor is <rival>."],
      },
      {
        slot: "cause",
        says: ["The {biggest|main} {risk|problem|worry} this year was <cause>."],
        asks: ["What was the {main|biggest} {risk|problem}?"],
        answers: ["The main risk was <cause>."],
      },
    ],
    asides: [
      "Customers {praise|value} its service.",
      "The {market|sector} is {crowded|growing|changing}.",
      "Prices have been {stable|rising|falling}.",
      "Analysts {expect|predict} {steady|slow|strong} growth.",
      "It plans to open {two|three|four} new {shops|plants|offices}.",
    ],
  },
  {
    kind: "meeting",
    opens: [
      "{A|The} meeting of the <unit> team {was held|took place} {in|at} <place>.",
      "The <unit> team met {in|at} <place>.",
    ],
    facts: [
      { slot: "unit", says: [], asks: ["Which team met?"], answers: ["The <unit> team met."] },
      {
        slot: "date",
        says: ["It was on <date>.", "The date was <date>."],
        asks: ["{On which date|When} was {it|the meeting}?"],
        answers: ["It was on <date>."],
      },
      {
        slot: "time",
        says: ["It {began|started} at <time>."],
        asks: ["At what time did it {begin|start}?"],
        answers: ["It began at <time>."],
      },
      {
        slot: "person",
        says: ["<person> {led|chaired} {it|the meeting}.", "The chair was <person>."],
        asks: ["Who {led|chaired} the meeting?"],
        answers: ["<person> led the meeting."],
      },
      {
        slot: "guest",
        says: ["<guest> took the {notes|minutes}.", "The {notes|minutes} were taken by <guest>."],
        asks: ["Who took the {notes|minutes}?"],
        answers: ["<guest> took the notes."],
      },
      {
        slot: "amount",
        says: ["A budget of <amount> was {approved|agreed}.", "The team {approved|agreed on} a budget of <amount>."],
        asks: ["What budget was {approved|agreed}?"],
        answers: ["A budget of <amount> was approved."],
      },
      {
        slot: "due",
        says: ["The next {step|report|release} is due on <due>.", "The work must be {done|ready} by <due>."],
        asks: ["When is the {next step|work} due?"],
        answers: ["It is due on <due>."],
      },
      {
        slot: "cause",
        says: ["They spoke about <cause>.", "The main topic was <cause>."],
        asks: ["What was the {main|} topic?", "What did they speak about?"],
        answers: ["The main topic was <cause>."],
      },
    ],
    asides: [
      "Tea was served.",
      "{Most|All|Some} members {were present|joined by phone}.",
      "The {room|hall} was {full|cold|small}.",
      "There were {no|a few|many} questions.",
    ],
  },
  {
    kind: "order",
    opens: [
      "<person> ordered a <good> from <company>.",
      "Order <code> is for a <good>, bought by <person>.",
      "I bought a <good> from <company>. My name is <person>.",
    ],
    facts: [
      {
        slot: "person",
        says: [],
        asks: ["Who {ordered|bought} {it|the <good>}?", "What is the name of the {customer|buyer}?"],
        answers: ["<person> bought it."],
      },
      {
        slot: "good",
        says: [],
        asks: ["What was {ordered|bought}?", "Which product is it?"],
        answers: ["The product is a <good>."],
      },
      {
        slot: "code",
        says: ["The order number is <code>.", "Its order number is <code>."],
        asks: ["What is the order number?"],
        answers: ["The order number is <code>."],
      },
      {
        slot: "price",
        says: ["The price was <price>.", "It cost <price>."],
        asks: ["What {was the price|did it cost}?", "How much was it?"],
        answers: ["It cost <price>."],
      },
      {
        slot: "date",
        says: ["It was {sent|shipped} on <date>.", "The parcel left on <date>."],
        asks: ["When was it {sent|shipped}?"],
        answers: ["It was sent on <date>."],
      },
      {
        slot: "days",
        says: ["Delivery took <days>.", "It {came|arrived} after <days>."],
        asks: ["How long did {delivery|it} take?"],
        answers: ["Delivery took <days>."],
      },
      {
        slot: "cause",
        says: ["It was late because of <cause>.", "There was a delay: <cause>."],
        asks: ["Why was it late?", "What caused the delay?"],
        answers: ["The delay was caused by <cause>."],
      },
      {
        slot: "place",
        says: ["The address is <place>.", "It was to be brought to <place>."],
        asks: ["What is the address?", "Where was it {to be brought|delivered}?"],
        answers: ["The address is <place>."],
      },
    ],
    asides: [
      "The box was {small|heavy|dented}.",
      "Nobody {called|wrote} back.",
      "The {driver|agent} was {polite|in a hurry}.",
      "Payment was by {card|cash|transfer}.",
      "A {refund|replacement} {was|was not} offered.",
    ],
  },
  {
    kind: "incident",
    opens: [
      "{At|Around} <time> on <date> the <unit> service {stopped|failed|slowed down}.",
      "The <unit> service {failed|was down} on <date> at <time>.",
    ],
    facts: [
      {
        slot: "unit",
        says: [],
        asks: ["Which service {failed|was affected}?"],
        answers: ["The <unit> service was affected."],
      },
      {
        slot: "cause",
        says: ["The cause was <cause>.", "It was {due to|caused by} <cause>."],
        asks: ["What {was the cause|caused it}?", "Why did it {fail|happen}?"],
        answers: ["The cause was <cause>."],
      },
      {
        slot: "days",
        says: ["The repair took <days>.", "It took <days> to {repair|recover}."],
        asks: ["How long did the repair take?"],
        answers: ["The repair took <days>."],
      },
      {
        slot: "staff",
        says: ["<staff> {users|customers} were {affected|unable to log in}.", "It affected <staff> {users|customers}."],
        asks: ["How many {users|customers} were affected?"],
        answers: ["<staff> users were affected."],
      },
      {
        slot: "person",
        says: ["<person> {found|fixed} {it|the fault}.", "The fault was {found|fixed} by <person>."],
        asks: ["Who {found|fixed} {it|the fault}?"],
        answers: ["<person> fixed it."],
      },
      {
        slot: "amount",
        says: ["The loss {is put at|came to} <amount>.", "It cost the company <amount>."],
        asks: ["What was the loss?", "How much did it cost?"],
        answers: ["The loss was <amount>."],
      },
      {
        slot: "code",
        says: ["The ticket is <code>.", "It is tracked as ticket <code>."],
        asks: ["What is the ticket number?"],
        answers: ["The ticket is <code>."],
      },
    ],
    asides: [
      "Alerts {fired|came late}.",
      "A {review|report} will follow.",
      "No data was lost.",
      "The status page was updated.",
      "{Nobody|Somebody} was on call.",
    ],
  },
];
