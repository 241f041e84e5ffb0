// English, with the negations of some other languages. Words of a language that is not here count as content, so that
// a question in it is answered from the cache less often, never more freely.

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Carry no content of their own. Those that turn a question around are not here but below. */
export const fillers: ReadonlySet<string> = words(`
  a an the this that these those it its there here
  be is am are was were been being do does did done has have had having get gets got
  i me my mine myself you your yours he him his she her hers we us our ours they them their theirs one
  of in on at for to from with by about as into and so then also just like within via regarding
  can could may might will would shall should must need needs needed ought able possible
  what which who whom whose when where why how whether if
  please tell explain describe know want help give show let say question wondering hi hello hey thanks thank
  exactly actually really basically okay ok`);

/** Turn what follows around. */
export const negations: ReadonlySet<string> = words(`
  not no never none nobody nothing nowhere neither nor without cannot non except excluding unless lacking lack unable
  nicht kein keine keinen keiner nie ohne pas sans jamais ningún ninguna nunca sin não nem sem не нет без ни नहीं मत बिना
  不 没 沒 没有 無 无 未 ない ません`);

/**
 * Decide by being there: an answer to a question with one of them is no answer to the same question without it or
 * with another. Quantifiers, comparisons, directions, times, and pairs of opposites.
 */
export const decisive: ReadonlySet<string> = words(`
  all every each some any only both either half most least more less fewer many few several or than even
  first last next previous former latter latest current oldest newest final initial
  best worst better worse highest lowest high low higher lower largest smallest biggest longest shortest fastest slowest
  maximum minimum max min cheapest expensive good bad hot cold old new young early late fast slow big large small
  today yesterday tomorrow now currently before after during until since ago already yet still again once twice
  daily weekly monthly quarterly yearly annual annually weekday weekend morning evening night
  up down off out over under above below against inside outside left right north south east west
  increase decrease rise fall raise reduce grow shrink add remove include exclude enable disable allow forbid
  open close start stop begin end buy sell import export send receive upload download encrypt decrypt
  accept reject approve deny win lose pass fail true false safe dangerous legal illegal
  pros cons advantage disadvantage benefit drawback income expense profit loss debit credit
  male female men women adult child children baby infant pregnant hypertension hypotension
  celsius fahrenheit kelvin kilometer meter mile foot inch kilogram pound gram liter gallon
  dollar euro rupee yen gross net monday tuesday wednesday thursday friday saturday sunday`);

/** Month names and their short forms, by number. */
export const months: ReadonlyMap<string, number> = new Map(
  "january february march april may june july august september october november december"
    .split(" ")
    .flatMap((name, index): [string, number][] => [
      [name, index + 1],
      [name === "september" ? "sept" : name.slice(0, 3), index + 1],
    ]),
);

/** Who is meant, by the pronoun; with "I" and "you" only where they own or are, since a user is both in "how do I/you". */
export const persons: ReadonlyMap<string, string> = new Map(
  Object.entries({
    first: ["my", "mine", "am i"],
    second: ["your", "yours", "are you"],
    he: ["he", "him", "his"],
    she: ["she", "her", "hers"],
    we: ["we", "us", "our", "ours"],
    they: ["they", "them", "their", "theirs"],
  }).flatMap(([person, forms]) => forms.map((form): [string, string] => [form, person])),
);

/** What is asked for. "what", "which" and a bare "how" ask for anything and are not here. */
export const interrogatives: ReadonlyMap<string, string> = new Map([
  ["when", "time"],
  ["where", "place"],
  ["who", "person"],
  ["whom", "person"],
  ["whose", "person"],
  ["why", "reason"],
  ["whether", "whether"],
]);

/** When it happens, by the verb that says so. */
export const tenses: ReadonlyMap<string, string> = new Map([
  ...(["was", "were", "did", "had", "happened"] as const).map((word): [string, string] => [word, "past"]),
  ...(["will", "shall", "going"] as const).map((word): [string, string] => [word, "future"]),
  ...(["is", "are", "am", "does", "do", "happens"] as const).map((word): [string, string] => [word, "present"]),
]);

/** Whether it is asked what one can, should or must do. */
export const modalities: ReadonlyMap<string, string> = new Map([
  ...(["can", "could", "able", "possible", "may", "might"] as const).map((word): [string, string] => [word, "can"]),
  ...(["should", "ought"] as const).map((word): [string, string] => [word, "should"]),
  ...(["must", "need", "needs"] as const).map((word): [string, string] => [word, "must"]),
]);

/** Give the word after them a part to play that the other order, or another one of them, would change. */
export const directions: ReadonlyMap<string, string> = new Map([
  ...["from", "to", "than", "by", "before", "after", "over", "under", "against", "of", "for", "about"].map(
    (word): [string, string] => [word, word],
  ),
  ["into", "to"],
]);

/** Written differently and meaning the same, whatever the question. */
export const synonyms: readonly (readonly string[])[] = [
  ["buy", "purchase"],
  ["car", "automobile"],
  ["movie", "film"],
  ["photo", "photograph", "picture"],
  ["begin", "start", "commence"],
  ["big", "large"],
  ["fast", "quick", "quickly"],
  ["repair", "fix"],
  ["doctor", "physician"],
  ["summarize", "summarise"],
  ["kilometer", "kilometre", "km"],
  ["meter", "metre"],
  ["liter", "litre"],
  ["color", "colour"],
  ["maximum", "max"],
  ["minimum", "min"],
];
