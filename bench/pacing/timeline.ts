type Entry = { at: number; order: number; act: () => void };

/** What happens when, soonest first; what was planned first goes first at one moment. A binary heap. */
export function createTimeline() {
  const heap: Entry[] = [];
  let order = 0;
  const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function plan(at: number, act: () => void): void {
    const entry = { at, order: (order += 1), act };
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (!above || !before(entry, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  function take(): Entry | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left && right && before(right, left)) child += 1;
      const below = heap[child];
      if (!below || !before(below, last)) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = last;
    return first;
  }
  return { plan, take };
}
