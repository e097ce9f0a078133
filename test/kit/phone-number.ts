/** A mobile number that stands alone: inside an id or a digest (hex, base64url) eleven digits come about by chance. */
export const phoneNumber = /(?<![\w-])(?:\+?86)?1[3-9]\d{9}(?![\w-])/;
