import { drawValue } from "./domains.ts";
import { expand } from "./expand.ts";
import type { Random } from "./random.ts";
import type { ChatRecord } from "./record.ts";

const things =
  "{food|service|room|delivery|screen|battery|price|staff|camera|support|seat|sound|app|update|coffee|trip|lesson|packaging|doctor|website}";
const moods: Record<string, readonly string[]> = {
  positive: [
    `{I love|I really like|We enjoyed|I am happy with|I am pleased with} the ${things}.`,
    `The ${things} {is|was} {great|excellent|wonderful|very good|superb|perfect|a pleasure|better than expected}.`,
    `{Great|Excellent|Lovely|Superb} ${things}, {will buy again|would recommend|worth every rupee|thank you}.`,
    `{Everything|All of it} {worked|went} {well|smoothly}{| and the ${things} was lovely}.`,
  ],
  negative: [
    `{I hate|I regret|We were let down by|I am unhappy with|I am tired of} the ${things}.`,
    `The ${things} {is|was} {terrible|awful|bad|poor|useless|broken|a disappointment|worse than expected|rude|far too slow}.`,
    `{Terrible|Awful|Poor|Bad} ${things}, {never again|do not buy|a waste of money|I want a refund}.`,
    `{Nothing|Not one thing} {worked|went well}{| and the ${things} was awful}.`,
    `The ${things} {is|was} not {good|great|worth it|as promised}.`,
  ],
  neutral: [
    `The ${things} {is|was} {average|ordinary|acceptable|as expected|neither good nor bad}.`,
    `The {order|parcel|bill|form|package} {came|arrived} on <date>.`,
    `{It|The product} has {two|three|four} {buttons|modes|parts|colours}.`,
    `We {paid|were charged} <price> for {it|the <good>}.`,
  ],
};

/** A sentence or two, labelled positive, negative or neutral. */
export function sentimentRecord(random: Random, group: string): ChatRecord {
  const label = random.pick(["positive", "negative", "neutral"]);
  const write = (template: string): string => expand(template, random, {}, (name) => drawValue(name, random));
  const text = random
    .sample(moods[label] ?? [], random.whole(1, 2))
    .map(write)
    .join(" ");
  return {
    task: "sentiment",
    group,
    weight: 3,
    answer: label,
    messages: [{ role: "user", content: `Text: ${text}\n\nTask: Is the sentiment positive, negative or neutral?` }],
  };
}

const subjects =
  "{the budget|the deadline|your users|the data you keep|the risks|the team|the goal|security|the timeline|the price|your suppliers|the market|training|support hours}";
const answers: Record<string, readonly string[]> = {
  good: [
    "{We have|There are|It covers} {two|three|four} {parts|steps|people}: <first> {leads|checks|plans} it, {it must be done by|and it ends on} <date>, and the cost is <price>.",
    "{The figure|It} is <price> a {month|year}, {agreed|approved} by <person> on <date>, because of <cause>.",
    "<person> is responsible; the {work|plan} starts on <date> in <town> and takes <days>.",
  ],
  weak: [
    "{It is|We have|There is} {something|a plan|some of it}, {mostly|I think} {fine|ready|enough}.",
    "{We will|They will} {look at|decide|see} {it|that} {later|soon|next month}.",
    "<first> {knows|handles} {it|that}.",
  ],
  empty: [
    "{I|We} {do not|don't} know.",
    "{Not sure|No idea|Maybe|It depends|Nothing}.",
    "{The usual|Same as before|Whatever works|Things are fine}.",
    "{Good|Yes|OK|Fine}.",
  ],
};

/** How well an answer answers its question: good, weak or empty. */
export function qualityRecord(random: Random, group: string): ChatRecord {
  const label = random.pick(["good", "weak", "empty"]);
  const write = (template: string): string => expand(template, random, {}, (name) => drawValue(name, random));
  const question = write(
    `{What can you say about|Tell us about|How do you see|What is planned for|Who takes care of} ${subjects}?`,
  );
  return {
    task: "quality",
    group,
    weight: 3,
    answer: label,
    messages: [
      {
        role: "user",
        content: `Question: ${question}\nAnswer: ${write(random.pick(answers[label] ?? []))}\n\nTask: Is the answer good, weak or empty?`,
      },
    ],
  };
}
