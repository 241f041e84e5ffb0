const sentences = [
  "The limitation period for this claim is three years from the day on which the claimant knew of the damage. ",
  "Section 12 applies where the notice was given in writing, and not otherwise; see also sections 14 to 17. ",
  "A court may extend the period once, by at most six months, where the delay was not the claimant's fault. ",
  "धारा ४२० के अधीन शिकायत तीन वर्ष के भीतर की जानी चाहिए। ",
  "The respondent has not shown that the goods were delivered before the agreed day, nor that they were sound. ",
];

/** An answer as a model gives it, of about so many bytes as JSON, some of its text in other letters. */
export function answerOf(bytes: number, id: string): object {
  const paragraphs: string[] = [];
  for (let length = 220; length < bytes; length += (paragraphs.at(-1) as string).length + 4) {
    paragraphs.push((sentences[paragraphs.length % sentences.length] as string).repeat(bytes > 5_000 ? 4 : 1));
  }
  return {
    id,
    model: "tiny-1",
    usage: { inputTokens: 1_250, outputTokens: 340, cacheReadTokens: 1_024 },
    finish: "stop",
    citations: [
      { section: "12", score: 0.91 },
      { section: "14", score: 0.77 },
    ],
    paragraphs,
  };
}
