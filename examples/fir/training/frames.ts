/** What stands around the telling of an offence: how letters begin and end, and what people add. */

export const strangers: readonly string[] = [
  "<name>",
  "<name>",
  "<name>",
  "<name>",
  "an unknown man",
  "two unknown men",
  "unknown persons",
  "<name> and his brother",
  "<name> and two others",
];

/** A known person is brought in by one of these; `#` is the name. */
export const introductions: readonly string[] = [
  "#",
  "#",
  "one #",
  "a man called #",
  "my neighbour #",
  "a certain #",
  "# of <spot>",
  "#, whom I know by sight,",
  "our acquaintance #",
  "#, a contractor,",
  "# who lives near us",
];

export const salutations: readonly string[] = [
  "",
  "",
  "",
  "",
  "Sir, ",
  "Madam, ",
  "Respected Sir, ",
  "Dear Sir or Madam, ",
  "To the Station House Officer, <town>. Sir, ",
  "To the Inspector of Police, <spot>. ",
  "To the Officer in Charge, <town> Police Station. Subject: {complaint|request for action|report of an incident}. ",
  "Complaint. ",
  "Statement recorded at the desk. ",
  "Subject: {urgent|my complaint|an incident in our area}. ",
  "From: <me>. ",
];

export const introductionsOfSelf: readonly string[] = [
  "",
  "",
  "",
  "I am <me>{, {a teacher|a farmer|a tailor|a clerk|a driver|a student|a widow|a shopkeeper|a nurse|a retired soldier|a cook}|} {of|from|living in} <spot>.",
  "My name is <me>{ and I live in <spot>| and I {sell vegetables|drive an auto|keep a small shop|work in a mill|teach in a school}|}.",
  "I, <me>, {resident of <spot>|aged <age>|aged <age>, of <spot>}, {wish to report|state|bring to your notice} the following.",
  "I am <age> years old and {have lived in <spot> all my life|live alone|look after my grandchildren|work as a mason}.",
  "The undersigned, <me>, {secretary of our society|on behalf of the residents|for the traders of this street}, reports:",
];

export const scenes: readonly string[] = [
  "On <date> at <time> I was {at|near} <place>.",
  "On <date> {at about|around} <time>, {at|near} <place>, {this happened|the following took place}.",
  "{It happened|This was} on <date> {at|near} <place>, {about|at} <time>.",
  "<date>, <time>, <place>.",
  "It was <date>, {the clock showed|about} <time>, and we were {at|in} <place>.",
  "{On|It was on} <date> {at|in} <place>.",
  "The place is <place>, the date <date>, the time {about|} <time>.",
  "I had gone to <place> on <date>{ and at <time> I wanted to return|}.",
  "{Yesterday|Last week}, that is on <date>, {at|near} <place>, {around|at} <time>:",
];

export const undated: readonly string[] = [
  "This goes on {at|in} <place> since <date>.",
  "I live {at|near} <place>. {Since|From} <date> we have this trouble.",
  "At <place> the following {happens|has been happening}, last on <date>.",
  "It began on <date> {at|in} <place>.",
];

export const closings: readonly string[] = [
  "",
  "",
  "",
  "I request you to {take action|register my complaint|look into the matter|help us}.",
  "{Please|Kindly} {do something|take the needful steps|find the culprits|act soon}.",
  "I hope for {justice|your help|a quick reply}.",
  "{I am ready to|I will} {come to the station|show the place|identify the man} {whenever you call|at any time}.",
  "I have {the papers|a video|photographs|the bill} with me.",
  "We have nobody else to turn to.",
];

export const signatures: readonly string[] = [
  "<me>",
  "{Yours faithfully|Yours truly|Thanking you|With respect|Regards}, <me>",
  "Signed, <me>",
  "<me>, <spot>",
  "Thumb mark of <me>",
  "{For the residents|For the society}: <me>",
];

/** Said in any complaint: none of it is an offence. */
export const asides: readonly string[] = [
  "{My wife|My mother|My daughter|My father} {was with me|was at home|had gone to the temple|was asleep|is unwell since then}.",
  "I have {lived|worked} here {for <age> years|since my childhood|since 2011} and {never had to come to the police|never quarrelled with anyone|know everybody}.",
  "{The street lights|The lamps} {were not working|had just been lit|are always off}.",
  "It {was raining|was very hot|was foggy|had been a holiday|was a market day|was getting dark}.",
  "<name> and <name2> {saw it|are witnesses|can confirm this|were there|came running}.",
  "{A shopkeeper|A tea seller|A watchman|The milkman|An auto driver|A neighbour|A schoolteacher} {saw everything|told me this|heard the noise|gave me water|helped me home}.",
  "I {rang|called} {my brother|my son|the helpline|a friend} {at once|and he came|but nobody answered}.",
  "{The camera of the shop|A camera on the corner} {may have recorded it|shows part of it|was not working}.",
  "I {went to the bank|had to see the doctor|was coming from work|was on my way to the temple|had bought vegetables|was waiting for the bus}.",
  "{We are poor people.|I am a simple man.|I earn little.|I have two daughters to marry.|My husband is abroad.|I live on a pension.}",
  "{I was so frightened that I could not speak.|I could not sleep.|My hands are still shaking.|I am still in shock.|I do not know what to do.}",
  "{I did not come earlier because|I come only today because} {my mother was ill|I hoped it would be settled|the elders wanted to talk|of the festival|I had fever}.",
  "The {elders|village head|society committee|neighbours} {tried to settle it|told us to wait|did nothing|said go to the police}.",
  "He {wore a blue shirt|was tall and thin|had a beard|spoke with an accent|had a scar on the cheek|wore a cap}.",
  "They {went towards <spot>|left in the direction of the highway|were seen at <spot> later}.",
  "{My son studies in class nine.|My daughter is a nurse.|We keep two cows.|We have a small garden.|There is a school nearby.|My shop is next to the post office.}",
  "{Since that day|Now} {I keep the door closed|my children stay indoors|I cannot work|people talk}.",
  "There was {an old matter|some dispute|no enmity|never any quarrel} between us.",
  "{I had come home by the evening bus.|My phone was charging.|I was reading the newspaper.|The tea was on the stove.|The radio was playing.|I had parked my scooter as usual.|My dog sat by the gate.}",
  "{In 2019 he bought the house beside ours.|His father was a decent man.|He has a shop in <spot>.|He is known in the area.|He is the cousin of <name>.}",
  "{I paid the doctor 600 rupees.|The auto cost 80 rupees.|My salary is 14,000 a month.|We pay a rent of 6,500.}",
  "My {aunt|uncle|cousin} {lives in <town>|works in the railway|is a lawyer's clerk|has a motorcycle shop|was in the army}.",
  "{The officer on the phone|Your constable} {was polite|told me to write it down|noted my number}.",
  "{I attach|Enclosed are} {a copy of my card|two photographs|the bill|a list}.",
  "{We had guests that evening.|It was the day of the fair.|There had been a wedding in the next lane.|The schools were closed.|There was a power cut.}",
  "{People say many things, I write only what I saw.|I tell it as it was.|I will say nothing but the truth.|I may have forgotten some detail.}",
  "{The temple bell rang.|The train to <town> had just left.|The last bus was gone.|The shops were closing.|The children were playing cricket.}",
  "{I stood there for a while.|Nobody said a word.|Everyone looked at me.|I sat down on the step.|I went in and bolted the door.}",
];

/** Said in order to deny an offence: the sections are then certainly not met. */
export const denials: readonly { readonly says: string; readonly sections: readonly string[] }[] = [
  {
    says: "{Nothing was stolen.|Nothing is missing from the house.|He took nothing.}",
    sections: ["bns-303-2", "bns-305", "bns-309-4", "bns-304-2"],
  },
  {
    says: "{Nobody was hurt.|I have no injury.|He did not hit anyone.|No blow was struck.}",
    sections: ["bns-115-2", "bns-117-2", "bns-118-1"],
  },
  {
    says: "{He made no threat.|There were no threats.|He did not threaten me.}",
    sections: ["bns-351-2", "bns-351-3", "bns-308-2"],
  },
  {
    says: "{No weapon was seen.|They had no weapons.|He was not armed.}",
    sections: ["bns-118-1", "arms-25", "bns-333"],
  },
  {
    says: "{I have not lost any money.|No money has changed hands.|He did not ask for money.}",
    sections: ["bns-318-4", "bns-308-2", "pc-7"],
  },
  { says: "{The driver was sober.|He had not been drinking.}", sections: ["mv-185", "bns-355"] },
  { says: "{He stopped at once and helped.|The driver took him to hospital himself.}", sections: ["mv-187"] },
  {
    says: "{They did not enter the house.|He stayed outside the gate.|Nobody broke in.}",
    sections: ["bns-329-4", "bns-331-3", "bns-331-4", "bns-333"],
  },
  { says: "{He used no bad words.|There was no abuse.|He spoke politely.}", sections: ["bns-352", "bns-79"] },
  { says: "{Nothing was broken.|No damage was done.}", sections: ["bns-324-2", "public-3"] },
];
