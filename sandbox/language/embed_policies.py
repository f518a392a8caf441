#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Put the shipped policies and groups into one C text: embed_policies.py OUTPUT ROOT FILE..."""
import hashlib
import os
import sys


def quoted(data):
    """A C string literal, one source line a text line, safe against trigraphs and long escapes."""
    lines = []
    for line in data.split(b"\n"):
        out = ""
        for byte in line:
            c = chr(byte)
            out += c if 32 <= byte < 127 and c not in '"\\?' else f"\\{byte:03o}"
        lines.append(out)
    return "\n".join(f'\t"{line}\\n"' for line in lines[:-1]) + f'\n\t"{lines[-1]}\\0"\n'


def main():
    output, root, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    blob, offsets, position = "", [], 0
    for path in sorted(files):
        with open(path, "rb") as file:
            text = file.read()
        name = os.path.relpath(path, root).encode()
        offsets += [position, position + len(name) + 1]
        position += len(name) + 1 + len(text) + 1
        blob += quoted(name) + quoted(text)
    with open(output, "w", encoding="ascii") as out:
        out.write("// SPDX-License-Identifier: GPL-2.0-or-later\n// Made by embed_policies.py.\n")
        out.write('#include "language/policy_builtin.h"\n')
        out.write(f"const char policy_text_blob[] =\n{blob};\n")
        out.write("const uint32_t policy_text_offsets[] = {\n")
        out.write("".join(f"\t{o},\n" for o in offsets + [position]))
        out.write(f"}};\nconst uint32_t policy_text_count = {len(files)};\n")
        digest = hashlib.sha256(blob.encode()).hexdigest()
        out.write(f'const char policy_text_digest[] = "{digest}";\n')


if __name__ == "__main__":
    main()
