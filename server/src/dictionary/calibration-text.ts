/**
 * Text that dictionaries are checked on, written for this purpose: over 1,300 tokens of GPT-2’s tokenizer, more of smaller ones, in short
 * passages of many kinds so that no single topic decides L0. Each passage is a sequence of its own.
 */
export const CALIBRATION_TEXTS: readonly string[] = [
  `The ferry left the harbour an hour late, and by the time it passed the lighthouse the wind had turned to the north. Most of the passengers went below. Only an old man with a fishing rod stayed at the rail, watching the gulls drop one after another into the wake. He had made this crossing every autumn for thirty years, he said, and never once had it arrived when the timetable promised. The island did not mind. Its shops opened when the ferry came and closed when it left, and the school bell rang twice on days when fog kept the teacher on the mainland.`,
  `"Did you lock the door?" she asked.
"I thought you did."
"No, I was carrying the boxes. You had the keys."
He patted his pockets, one after the other, and then stopped. "They're on the kitchen table," he said. "Next to the tickets."
"The tickets too?" She laughed, which was not what he expected. "Well, then at least we know that the train will leave on time."`,
  `def running_mean(values, window):
    """Return the mean of each window of consecutive values."""
    if window <= 0 or window > len(values):
        raise ValueError(f"window must be in 1..{len(values)}, got {window}")
    total = sum(values[:window])
    means = [total / window]
    for i in range(window, len(values)):
        total += values[i] - values[i - window]
        means.append(total / window)
    return means

assert running_mean([1, 2, 3, 4], 2) == [1.5, 2.5, 3.5]`,
  `Photosynthesis converts light into chemical energy. In the first stage, pigments in the thylakoid membrane absorb photons and pass excited electrons along a chain of proteins; water is split, and oxygen is released as a by-product. In the second stage, the enzyme rubisco fixes carbon dioxide from the air, and the energy stored in ATP and NADPH is spent to build sugars. Plants in hot, dry climates lose water whenever they open their pores, so some of them collect carbon dioxide only at night and finish the work by day.`,
  `Quarterly figures, in thousands of euros: revenue 4,812 (previous year 4,390, up 9.6%), cost of goods 2,955, salaries 1,104, rent 187.5, profit before tax 565.5. Orders rose from 12,041 to 13,377; returns fell from 3.2% to 2.7%. The board proposes a dividend of €0.45 per share, payable on 30 June 2026, and asks shareholders to vote by 15 May at 17:00.`,
  `<article id="soup">
  <h1>Leek soup</h1>
  <ul>
    <li>3 leeks, sliced</li>
    <li>2 potatoes, diced</li>
    <li>1 litre of stock</li>
  </ul>
  <p>Cook gently for <b>20 minutes</b>, then blend. Serve with bread &amp; butter.</p>
</article>`,
  `In 1783 two brothers who owned a paper mill sent a sheep, a duck and a rooster into the sky above Versailles. The animals landed safely two miles away, and the king was pleased. Before the year was over two men had followed them, burning straw and wool under a painted balloon while half of Paris stood in the streets. One of the spectators, an American diplomat, was asked what use such a thing could have. He is said to have answered with a question: what use is a newborn child?`,
  `Der Zug nach Leipzig hatte zwanzig Minuten Verspätung, und im Speisewagen gab es nur noch Tee. Niemand beschwerte sich. Draußen zogen Felder vorbei, auf denen der Schnee in schmalen Streifen lag.
Le marché ouvre à six heures; les premiers clients achètent du pain, des œufs et parfois des fleurs. Il pleut, mais personne n'est pressé.
El niño preguntó por qué la luna los seguía. Su abuela respondió que la luna no tenía nada mejor que hacer.`,
  `Section 4. Liability. The supplier shall not be liable for any indirect or consequential loss, including loss of profit, arising out of or in connection with this agreement, except where such loss results from gross negligence or wilful misconduct. Nothing in this section limits liability for death or personal injury. The total liability of either party in any calendar year shall not exceed the fees paid under this agreement during the preceding twelve months.`,
  `git checkout -b fix/parser
npm test -- --filter=parser
git commit -am "parser: accept trailing commas"
const cache = new Map();
export async function load(url, { retries = 3 } = {}) {
  if (cache.has(url)) return cache.get(url);
  const response = await fetch(url);
  if (!response.ok && retries > 0) return load(url, { retries: retries - 1 });
  const body = await response.json();
  cache.set(url, body);
  return body;
}`,
  `Review: two stars. The room was clean and the view of the bay was lovely, but the walls are so thin that I heard my neighbour's alarm clock at five, and then his phone call, and then his opinion of the breakfast. He was right about the breakfast. The staff were friendly and moved us on the second night without any fuss. I would come back in winter, when nobody else does!!! 😊`,
  `Let f be continuous on [a, b] and differentiable on (a, b). Then there is a point c with f'(c) = (f(b) − f(a)) / (b − a). Proof: subtract from f the straight line through its end points. The difference g vanishes at a and at b, so unless it is zero everywhere it has a maximum or a minimum inside the interval, and there g'(c) = 0. If g is zero everywhere, any c will do. For example, with f(x) = x² on [0, 2] the slope of the line is 2, and c = 1.`,
  `The goalkeeper had already left her line when the ball took a bounce off the wet grass and rose over her hands. Nobody in the stadium made a sound until it hit the post. Then it rolled along the line, slowly, and a defender kicked it away. One nil remained one nil; three minutes later the referee blew the whistle and the substitutes ran onto the pitch with their arms in the air.`,
  `To: all residents. From: building management. Subject: water on Thursday. Please note that the cold water will be turned off on Thursday, 12 March, between 9 a.m. and noon, while a pump in the cellar is replaced. The lifts will work as usual. If you need help carrying water, call 555-0142 or leave a note at the desk before Wednesday evening. We apologise for the trouble and thank you for your patience.`,
];
