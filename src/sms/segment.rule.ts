/** Alibaba's ceiling on signature plus text, in UTF-16 units. */
export const maxSmsLength = 500;

const singleSegmentLength = 70;
/** A part of a long message gives three units to the header that joins the parts. */
const partLength = 67;

export type SegmentCount = {
  /** UTF-16 units of 【signName】 plus text; an emoji counts 2. How the carrier counts it is not published: this is the higher figure. */
  length: number;
  segments: number;
  /** Longer than the gateway takes; `segments` is then only what it would have cost. */
  tooLong: boolean;
};

/** What one message is billed as by Alibaba Cloud SMS. `text` is the rendered text without the signature. */
export function countSegments({ signName, text }: { signName: string; text: string }): SegmentCount {
  const length = signName.length + 2 + text.length;
  const segments = length <= singleSegmentLength ? 1 : Math.ceil(length / partLength);
  return { length, segments, tooLong: length > maxSmsLength };
}
