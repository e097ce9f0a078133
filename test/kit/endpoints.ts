/** Sandboxes, canned servers and the wire in front of them listen wherever there is room. */
export const anyLocalPort = ['127.0.0.1:*'];
