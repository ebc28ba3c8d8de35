/**
 * Which port is asked next, and which is silent in the end. Every port is asked once, in an order that spreads
 * neighbours; then those that stayed silent, again and again, as long as asking again brings answers; then, slower, a
 * sample of those that are left, which is the proof that our own haste silenced nobody.
 */

/**
 * Of those that do answer, a line of its own loses fewer than this: a round that lost more was too fast, and the next one
 * is slower. So few may be chance.
 */
const LOST_TO_PACE = 0.02;
const LOST_BY_CHANCE = 16;
const SLOWER = 2;
/** Further rounds at most, beyond those that were asked for. */
const MORE_ROUNDS = 8;
/** Of so many silent ports one is asked again much slower. */
const GUARD_ONE_IN = 100;
const GUARD_SLOWER = 10;
const GUARDS_MAX = 3;

export class Rounds {
  readonly #attempts: number;
  readonly #order: readonly number[];
  /** Asks so far, by index. */
  #asked: Uint8Array;
  /** Ports that were silent after so many asks, and wait for their next. */
  #silentAfter: number[][];
  /** By number of asks: how many ports were asked so often, and how many of those answered. */
  #askedTimes: number[] = [];
  #recovered: number[] = [];
  #position = 0;
  #underWay = 0;
  #asks = 0;
  #slowness = 1;
  /** No less, once a guard has shown that haste silences ports. */
  #leastSlowness = 1;
  #slowedFor = 1;
  #guards = 0;
  /** What the guard still has to ask; undefined while there is none. */
  #sample: number[] | undefined;
  #guardAnswered = false;
  #silent: readonly number[] | undefined;

  /** `indexes` are the ports; each is asked `attempts` times before it is called silent. */
  constructor(indexes: readonly number[], attempts: number) {
    this.#attempts = attempts;
    this.#order = spread(indexes);
    this.#asked = new Uint8Array(indexes.reduce((most, at) => Math.max(most, at), -1) + 1);
    this.#silentAfter = this.#empty();
    if (indexes.length === 0) this.#silent = [];
  }

  /** The port to be asked now; undefined when there is none, or none yet. */
  peek(): number | undefined {
    if (this.#silent !== undefined) return undefined;
    if (this.#sample !== undefined) return this.#sample.at(-1);
    if (this.#position < this.#order.length) return this.#order[this.#position];
    return this.#worthy()?.at(-1);
  }

  /** The port that peek gave is asked. Gives how often it was asked before. */
  begin(): number {
    const at = this.peek()!;
    this.#take();
    this.#underWay++;
    this.#asks++;
    const times = ++this.#asked[at]!;
    if (this.#askedTimes[times] === undefined) this.#beginRound(times);
    this.#askedTimes[times]!++;
    return times - 1;
  }

  /** The port that peek gave need not be asked any more. */
  drop(): void {
    this.#take();
    if (this.#underWay === 0 && this.peek() === undefined) this.#conclude();
  }

  /**
   * An ask of this port ended. `rejected`: somebody on the way said no. Routers limit how often they say that, so that a
   * late no shows nothing of our haste; and silence would have meant the same.
   */
  ended(at: number, how: "answered" | "rejected" | "silent"): void {
    this.#underWay--;
    const times = this.#asked[at]!;
    if (how === "silent") this.#silentAfter[times]!.push(at);
    else if (how === "answered" && this.#sample !== undefined) this.#guardAnswered = true;
    else if (how === "answered") {
      this.#recovered[times] = (this.#recovered[times] ?? 0) + 1;
      this.#lookAtPace(times);
    }
    if (this.#underWay === 0 && this.peek() === undefined) this.#conclude();
  }

  /** How many times slower than allowed to ask now. */
  get slowness(): number {
    return this.isGuarding ? this.#slowness * GUARD_SLOWER : this.#slowness;
  }

  /** Whether what is asked now was silent in every round. */
  get isGuarding(): boolean {
    return this.#sample !== undefined;
  }

  /** The ports that stayed silent; undefined while it is not over. */
  get silent(): readonly number[] | undefined {
    return this.#silent;
  }

  /** How often ports were asked so far, over all. */
  get asks(): number {
    return this.#asks;
  }

  /** How many asks have not ended. */
  get underWay(): number {
    return this.#underWay;
  }

  /** How many more asks there will be, if things go on as they did. */
  expectedAsks(): number {
    if (this.#sample !== undefined) return this.#sample.length;
    const firsts = this.#order.length - this.#position;
    const ended = Math.max(1, this.#position - this.#underWay);
    const silent = this.#silentAfter.reduce((sum, ports) => sum + ports.length, 0);
    const again = Math.max(0, this.#attempts - 1);
    return firsts * (1 + Math.min(1, silent / ended) * again) + (this.#silentAfter[1]?.length ?? 0) * again;
  }

  #take(): void {
    if (this.#sample !== undefined) this.#sample.pop();
    else if (this.#position < this.#order.length) this.#position++;
    else this.#worthy()?.pop();
  }

  /** Ports that were silent and are worth another ask: those that were asked least first. */
  #worthy(): number[] | undefined {
    return this.#silentAfter.find((ports, times) => ports.length > 0 && this.#isWorthMore(times));
  }

  #isWorthMore(times: number): boolean {
    if (times < this.#attempts) return true;
    const mayGoOn = this.#attempts > 1 && times < this.#attempts + MORE_ROUNDS;
    return mayGoOn && (this.#recovered[times] ?? 0) > 0;
  }

  /** What the round before lost was lost by chance, if it was little: so the pace may rise again. */
  #beginRound(times: number): void {
    this.#askedTimes[times] = 0;
    if (times > 2 && this.#slowedFor < times - 1) {
      this.#slowness = Math.max(this.#leastSlowness, this.#slowness / SLOWER);
    }
  }

  /** Those that answer now were lost in the round before; most others had answered in that one. */
  #lookAtPace(times: number): void {
    const lost = this.#recovered[times]!;
    const answered = this.#recovered[times - 1] ?? 0;
    if (times <= this.#slowedFor || lost <= Math.max(LOST_BY_CHANCE, LOST_TO_PACE * (lost + answered))) return;
    this.#slowedFor = times;
    this.#slowness *= SLOWER;
  }

  /** Nothing is under way, and nothing is worth another round: a slower sample, or the end. */
  #conclude(): void {
    const silent = this.#silentAfter.flat();
    if (this.#sample !== undefined) {
      this.#sample = undefined;
      if (this.#guardAnswered) {
        this.#beginAgain(silent);
        return;
      }
    } else if (this.#guards < GUARDS_MAX && silent.length >= GUARD_ONE_IN && this.#attempts > 1) {
      this.#guards++;
      this.#guardAnswered = false;
      this.#sample = silent.filter((_, index) => index % GUARD_ONE_IN === 0);
      this.#silentAfter = this.#empty(silent.filter((_, index) => index % GUARD_ONE_IN !== 0));
      return;
    }
    this.#silent = silent;
  }

  /** Our haste silenced some: all of them are asked as if for the first time, as slowly as the sample was. */
  #beginAgain(silent: readonly number[]): void {
    this.#slowness *= GUARD_SLOWER;
    this.#leastSlowness = this.#slowness;
    this.#slowedFor = 1;
    this.#asked = new Uint8Array(this.#asked.length);
    this.#askedTimes = [];
    this.#recovered = [];
    this.#silentAfter = this.#empty([...silent]);
  }

  /** A list for every number of asks that there can be, guards included; the first as given. */
  #empty(first: number[] = []): number[][] {
    const most = this.#attempts + MORE_ROUNDS + GUARDS_MAX;
    return [first, ...Array.from({ length: most }, () => [])];
  }
}

const GOLDEN = 0.6180339887498949;

/** The same items in an order in which neighbours are far from each other, and every part is spread over the whole. */
function spread(items: readonly number[]): readonly number[] {
  const { length } = items;
  let stride = Math.max(1, Math.round(length * GOLDEN));
  while (commonDivisor(stride, length) > 1) stride++;
  return Array.from({ length }, (_, index) => items[(index * stride) % length]!);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
