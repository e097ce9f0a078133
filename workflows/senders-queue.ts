/** Where turns of sending and settling are handed out, apart from what people wait for. */
export const sendersQueue = (taskQueue: string): string => `${taskQueue}-senders`;
