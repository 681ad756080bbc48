// One address, or none at all: what is more than one, or goes on in another line, is never handed to whoever writes headers.
const oneAddress = /^[^\s@,;:<>()[\]\\"]+@[^\s@,;:<>()[\]\\"]+$/;

/** Whether a text is one bare address. */
export const isOneAddress = (text: string): boolean => text.length <= 254 && oneAddress.test(text);
