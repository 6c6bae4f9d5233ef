// SPDX-License-Identifier: Apache-2.0
// What a phone is made of, for tests without a browser: bundled by the runners, so that they use the very code the page uses.
export { fromBase64Url, fromHex, toBase64Url, toHex } from "../../web/kit/src/bytes";
export { signedHeaders } from "../../web/kit/src/signing";
export { CodeTemplate, TransitCodeMaker, generateGrantKey } from "../../web/kit/src/transit_code";
