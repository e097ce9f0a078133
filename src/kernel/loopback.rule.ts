/** This machine itself: what is sent there crosses no wire. */
export const isLoopback = (endpoint: string): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3})(?::\d{1,5})?$/.test(endpoint.toLowerCase());
