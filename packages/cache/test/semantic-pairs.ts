import type { LabelledPair } from "../src/semantic/calibrate.ts";

/** What the wrong ones differ in; `same` ask for one answer. */
export type PairKind =
  | "same"
  | "number"
  | "unit"
  | "date"
  | "name"
  | "negation"
  | "qualifier"
  | "question"
  | "whose"
  | "order"
  | "scope"
  | "word"
  | "other";

const table: readonly (readonly [PairKind, asked: string, cached: string])[] = [
  // The same words, another number.
  ["number", "What is 15% of 240?", "What is 25% of 240?"],
  ["number", "Summarise section 302 of the code", "Summarise section 304 of the code"],
  ["number", "How do I install version 3.2.1?", "How do I install version 3.2.10?"],
  ["number", "Give me two ideas for a birthday party", "Give me twelve ideas for a birthday party"],
  ["number", "Is a fine of 5,000 rupees legal?", "Is a fine of 50,000 rupees legal?"],
  ["number", "Is -5 a solution of the equation?", "Is 5 a solution of the equation?"],
  ["number", "How long does a 4.5 kg chicken roast?", "How long does a 45 kg chicken roast?"],
  ["number", "Was the third amendment repealed?", "Was the 4th amendment repealed?"],
  ["number", "What does error E1042 mean?", "What does error E1024 mean?"],
  ["number", "Who wrote the report on the five million dollar loan?", "Who wrote the report on the $5 billion loan?"],
  ["number", "Does the A320 have winglets?", "Does the A330 have winglets?"],
  ["number", "What is 7 - 5?", "What is 7 + 5?"],
  ["number", "Is C a good language?", "Is C++ a good language?"],
  ["number", "When do I write == in a condition?", "When do I write === in a condition?"],
  // The same number of something else.
  ["unit", "How far is 5 km on foot?", "How far is 5 miles on foot?"],
  ["unit", "Is 20 mg of this a safe dose?", "Is 20 g of this a safe dose?"],
  ["unit", "What is 100 degrees celsius in kelvin?", "What is 100 degrees fahrenheit in kelvin?"],
  ["unit", "How much is $20 in francs?", "How much is €20 in francs?"],
  ["unit", "Can I return it within 30 days?", "Can I return it within 30 months?"],
  ["unit", "Meet me at 5 pm, is that in office hours?", "Meet me at 5 am, is that in office hours?"],
  ["unit", "Is 10 percent commission normal?", "Is 10 dollars commission normal?"],
  // Another day.
  ["date", "What happened on 5 March 2024?", "What happened on 6 March 2024?"],
  ["date", "What happened on 2024-03-05?", "What happened on 2023-03-05?"],
  ["date", "What was the revenue in May?", "What was the revenue in June?"],
  ["date", "What is the weather today?", "What is the weather tomorrow?"],
  ["date", "Which films came out last year?", "Which films come out next year?"],
  ["date", "is the shop open on monday", "is the shop open on sunday"],
  ["date", "Who won the election in 2016?", "Who won the election in 2020?"],
  ["date", "sales figures for q3 2025", "sales figures for q4 2025"],
  // Somebody or something else.
  ["name", "What is the capital of France?", "What is the capital of Spain?"],
  ["name", "what is the capital of france", "what is the capital of spain"],
  ["name", "When did Marie Curie die?", "When did Pierre Curie die?"],
  ["name", "Summarise the complaint of Ravi Kumar", "Summarise the complaint of Ravi Sharma"],
  ["name", "Is World War I covered in the book?", "Is World War II covered in the book?"],
  ["name", "How do I undo a commit in git?", "How do I undo a commit in svn?"],
  ["name", "Send the file to ann@example.com, what happens?", "Send the file to bob@example.com, what happens?"],
  ["name", "What does getUserById return?", "What does getUserByEmail return?"],
  ["name", "Where is the airport of Vienna, Austria?", "Where is the airport of Vienna, Virginia?"],
  ["name", "法国的首都是哪里", "德国的首都是哪里"],
  ["name", "¿Cuál es la capital de Perú?", "¿Cuál es la capital de Chile?"],
  // Turned around.
  ["negation", "Which foods are safe during pregnancy?", "Which foods are not safe during pregnancy?"],
  ["negation", "Can I drink alcohol with this medicine?", "Can't I drink alcohol with this medicine?"],
  ["negation", "How do I log in with a password?", "How do I log in without a password?"],
  ["negation", "Is it legal to record a call?", "Is it illegal to record a call?"],
  ["negation", "Which states have never had a tornado?", "Which states have had a tornado?"],
  ["negation", "What is possible in one day in Rome?", "What is impossible in one day in Rome?"],
  ["negation", "Meals with fish but without nuts", "Meals without fish but with nuts"],
  ["negation", "Wann ist die Bank geöffnet?", "Wann ist die Bank nicht geöffnet?"],
  // Other quantifiers, comparisons, directions.
  ["qualifier", "How do I enable two-factor login?", "How do I disable two-factor login?"],
  ["qualifier", "What increases blood pressure?", "What decreases blood pressure?"],
  ["qualifier", "What is the largest city in Peru?", "What is the smallest city in Peru?"],
  ["qualifier", "Do all employees get a bonus?", "Do some employees get a bonus?"],
  ["qualifier", "How do I turn the alarm on?", "How do I turn the alarm off?"],
  ["qualifier", "Should I take it before meals?", "Should I take it after meals?"],
  ["qualifier", "What are the pros of remote work?", "What are the cons of remote work?"],
  ["qualifier", "Symptoms of hypertension", "Symptoms of hypotension"],
  // Another question about the same thing.
  ["question", "When was the company founded?", "Where was the company founded?"],
  ["question", "What is Black Friday?", "When is Black Friday?"],
  ["question", "Who is the president?", "Who was the president?"],
  ["question", "How many people live in Oslo?", "Which people live in Oslo?"],
  ["question", "What happens to the deposit?", "What happened to the deposit?"],
  ["order", "Play a song by Adele", "Play a song about Adele"],
  ["order", "Who is the mother of the bride?", "Who is the bride of the mother?"],
  ["question", "Can I deduct travel costs?", "Must I deduct travel costs?"],
  ["whose", "What is my account balance?", "What is your account balance?"],
  ["whose", "What did she say?", "What did he say?"],
  ["whose", "Who am I?", "Who are you?"],
  ["whose", "Is he older than her?", "Is she older than him?"],
  ["whose", "Show me his medical record", "Show me her medical record"],
  // The same words the other way round.
  ["order", "Convert dollars to euros", "Convert euros to dollars"],
  ["order", "Flights from London to Paris", "Flights from Paris to London"],
  ["order", "Did the dog bite the man?", "Did the man bite the dog?"],
  ["order", "Is Python faster than Ruby?", "Is Ruby faster than Python?"],
  ["order", "Is it 5 apples for 10 coins?", "Is it 10 apples for 5 coins?"],
  // A condition that one of them has.
  ["scope", "What are the side effects of aspirin?", "What are the side effects of aspirin in teenagers?"],
  ["scope", "How do I cook rice?", "How do I cook brown rice in a microwave?"],
  ["scope", "List the holidays in India", "List the bank holidays in India"],
  // One word in the place of another.
  ["word", "How do I delete my account?", "How do I verify my account?"],
  ["word", "What is the boiling point of water?", "What is the boiling point of ethanol?"],
  ["word", "how to sort a list in python", "how to reverse a list in python"],
  ["word", "Translate this letter to french", "Translate this letter to german"],
  ["word", "Which vitamins are in carrots?", "Which minerals are in carrots?"],
  // Questions with little in common, which verification leaves to the embedding.
  ["other", "how do I get a refund for a broken item", "which shops sell used kitchen goods nearby"],
  ["other", "how to bake sourdough bread", "what oven temperature suits frozen pizza"],
  ["other", "why is the sky blue", "how deep do whales dive for food"],
  ["other", "explain the rules of chess", "list famous openings that masters play"],
  ["other", "what causes rust on iron tools", "how is stainless steel made in a furnace"],
  ["other", "how do vaccines work", "which countries require travel papers"],
  ["other", "write a poem about autumn leaves", "write a letter to my landlord about mould"],
  ["other", "how do I learn to play the piano", "how much does a grand piano weigh when packed"],
  // One answer serves both.
  ["same", "What is the capital of France?", "what's the capital of France"],
  ["same", "Please tell me what the capital of France is.", "What is the capital of France?"],
  ["same", "capital of france", "What is the capital of France?"],
  ["same", "How do I reset my password?", "How can I reset my password?"],
  ["same", "How do I reset my password?", "how to reset the password"],
  ["same", "Could you please explain photosynthesis?", "What is photosynthesis?"],
  ["same", "What happened on 5 March 2024?", "What happened on March 5th, 2024?"],
  ["same", "What happened on 2024-03-05?", "What happened on the 5th of March 2024?"],
  ["same", "Is a fine of 5,000 rupees legal?", "Is a fine of ₹5000 legal?"],
  ["same", "Is a loan of $5M taxable?", "Is a loan of five million dollars taxable?"],
  ["same", "Can I return it within 30 days?", "May I return it within thirty days?"],
  ["same", "How do I purchase a used car?", "How do I buy a used automobile?"],
  ["same", "How do I open a file in Python?", "Opening files in Python"],
  ["same", "Can't I cancel the order?", "Can I not cancel the order?"],
  ["same", "What time does the shop open on Monday?", "When does the shop open on Monday?"],
  ["same", "How do I fix a leaking tap?", "How do I repair a leaking tap?"],
  ["same", "What are the ingredients of hummus?", "hummus ingredients"],
  ["same", "How do I convert a PDF into a Word file?", "convert pdf to word file"],
  ["same", "What documents are needed for a passport?", "Which documents do I need for a passport?"],
  ["same", "How long does delivery take?", "How long will delivery take?"],
  ["same", "How old is the universe?", "What is the age of the universe?"],
  ["same", "What is the maximum file size?", "What's the max file size?"],
  ["same", "Who wrote Hamlet?", "who wrote hamlet?"],
  ["same", "What are the symptoms of flu?", "Symptoms of flu"],
  ["same", "Is the meeting at 17:00?", "Is the meeting at 5pm?"],
  ["same", "How should I prepare for an interview?", "How should one prepare for an interview?"],
  ["same", "Summarise the annual report", "Please summarize the annual report"],
  [
    "same",
    "How do I get a refund for a broken item?",
    "What steps give a customer money back when goods arrive damaged?",
  ],
  ["same", "Why is the sky blue?", "Why does the sky look so blue?"],
  ["same", "What is the tallest mountain in the world?", "Which mountain is the tallest in the world?"],
  ["same", "How do I reset my password?", "I forgot my password, how do I get in again?"],
  ["same", "How much does shipping cost?", "What is the price of shipping?"],
];

/** Pairs of questions that read almost alike, and whether one answer serves both. Written for these tests. */
export const pairs: readonly (LabelledPair & { readonly kind: PairKind })[] = table.map(([kind, asked, cached]) => ({
  kind,
  asked,
  cached,
  same: kind === "same",
}));
