import { sliceRows } from "../../tensors/row-ranges.js";
import { allocate } from "../../tensors/dtypes.js";
import { isRagged, type RowsTensor, type TensorData, type TensorElements } from "../../tensors/tensor-data.js";
import { RequestDeadline } from "../request-deadline.js";
import type { Feeds, RunFeeds } from "../rows/feeds.js";
import type { RunModel } from "../rows/model-runner.js";
import { asError } from "../../util/error-message.js";

/** The most requests that share a run. Beyond, a run costs hardly less per row. */
export const mostJoined = 16;

/** What joining needs to know about a model. */
export interface JointSettings {
  /** How many rows a run may have so that each keeps the answer that it has alone; from `exactRows`. */
  readonly rows: number;
  /** Whether a run of so many elements is short enough for the event loop. */
  readonly isShort: (elements: number) => boolean;
  /** How messages about time start. */
  readonly where: string;
}

/** A request of one row that waits for its run. */
interface Member {
  readonly feeds: RunFeeds;
  readonly deadline: RequestDeadline;
  /** Ends the request with an answer of one row. */
  readonly answer: (outputs: RowsTensor[]) => void;
  /** Runs the request by itself. */
  readonly alone: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Runs requests of one row together, whoever sent them. Only the run of the model is shared: everything else of a
 * request (its deadline, metadata, validations, log rows and errors) never meets another one's. No timer is involved:
 * a request without company starts at once, and others wait for those that arrive in the same turn of the event loop.
 *
 * If a shared run fails, each of its requests runs by itself, so that a bad row fails nobody else.
 */
export function joinRuns(run: RunModel, { rows: most, isShort, where }: JointSettings): RunModel {
  if (most < 2) return run;
  let waiting: Member[] = [];
  let running = 0;
  /** Requests that started in the last turn with any: one alone does not wait for company. */
  let lastTurn = 0;
  const ended = (): void => void running--;

  const runJoint = (members: readonly Member[]): void => {
    const rows = members.length;
    const [first] = members;
    if (first === undefined) return;
    if (rows === 1) {
      first.alone();
      return;
    }
    // The last one to give up decides; each request compares the time with its own deadline.
    const deadline = new RequestDeadline(Math.max(...members.map((member) => member.deadline.remainingMs), 1));
    running++;
    run(stackMembers(members), rows, deadline, (outputs) => {
      for (let row = 0; row < rows; row++) {
        const member = members[row] as Member;
        member.deadline.readTime();
        member.answer(outputs.map((column) => sliceRows(column, row, row + 1)));
      }
    })
      .catch(() => {
        for (const member of members) {
          member.deadline.readTime();
          member.alone();
        }
      })
      .finally(ended);
  };

  const flush = (): void => {
    const members = waiting;
    waiting = [];
    lastTurn = members.length;
    const live = members.filter(({ deadline, fail }) => {
      try {
        deadline.readTime();
        deadline.check(where);
        return true;
      } catch (error) {
        fail(error);
        return false;
      }
    });
    const [first] = live;
    if (first === undefined) return;
    const elements = countElements(first.feeds);
    let size = Math.min(most, mostJoined);
    while (size > 1 && !isShort(size * elements)) size >>= 1;
    for (let from = 0; from < live.length; from += size) runJoint(live.slice(from, from + size));
  };

  return (feeds, rows, deadline, use) => {
    if (rows !== 1 || !isUniform(feeds)) return run(feeds, rows, deadline, use);
    if (running === 0 && lastTurn < 2) {
      running++;
      const alone = run(feeds, rows, deadline, use);
      alone.then(ended, ended);
      return alone;
    }
    return new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({
        feeds,
        deadline,
        fail: reject,
        answer(outputs) {
          try {
            resolve(use(outputs));
          } catch (error) {
            reject(asError(error));
          }
        },
        alone: () => void run(feeds, rows, deadline, use).then(resolve, reject),
      });
    });
  };
}

/** The rows of all members, in their order. All have the dtypes and the row shapes of the model. */
function stackMembers(members: readonly Member[]): RunFeeds {
  const feeds: Record<string, TensorData> = {};
  const first = members[0] as Member;
  for (const name in first.feeds) {
    const { dtype, dims, data: own } = first.feeds[name] as TensorData;
    const data = allocate(dtype, own.length * members.length);
    for (let i = 0; i < members.length; i++) copy((members[i] as Member).feeds[name]?.data ?? [], data, i * own.length);
    feeds[name] = { dtype, dims: [members.length, ...dims.slice(1)], data };
  }
  return feeds;
}

function isUniform(feeds: Feeds): feeds is RunFeeds {
  for (const name in feeds) if (isRagged(feeds[name] as RowsTensor)) return false;
  return true;
}

function copy(from: TensorElements, into: TensorElements, at: number): void {
  if (ArrayBuffer.isView(from)) (into as Float64Array).set(from as Float64Array, at);
  else for (let i = 0; i < from.length; i++) (into as string[])[at + i] = from[i] as string;
}

function countElements(feeds: RunFeeds): number {
  let elements = 0;
  for (const name in feeds) elements += feeds[name]?.data.length ?? 0;
  return elements;
}
