"""Checks values against the protocol's schemas with the `jsonschema` package.

Arguments: the folder of the schemas, and a file with one JSON object per line: the schema's name, the definition, the
instance, and whether another validator found it valid. Prints what they disagree about, then a summary; the exit code
is 1 when they disagree.
"""

import functools
import json
import pathlib
import re
import sys

import jsonschema

formats = jsonschema.FormatChecker(formats=())


def check_format(name: str, pattern: str) -> None:
    compiled = re.compile(pattern)
    formats.checks(name)(lambda value: not isinstance(value, str) or compiled.fullmatch(value) is not None)


check_format("uri", r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f]*")
check_format("uri-template", r"(?:[^\x00-\x20\x7f{}]|\{[^\x00-\x20\x7f{}]*\})*")
check_format("byte", r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@functools.cache
def schema(folder: str, name: str) -> dict:
    return json.loads(pathlib.Path(folder, f"{name}.json").read_text())


@functools.cache
def validator(folder: str, name: str, definition: str):
    document = schema(folder, name)
    keyword = "definitions" if "definitions" in document else "$defs"
    kind = jsonschema.validators.validator_for(document)
    part = {"$schema": document["$schema"], keyword: document[keyword], "$ref": f"#/{keyword}/{definition}"}
    return kind(part, format_checker=formats)


def main() -> None:
    folder, file = sys.argv[1:]
    checked = disagreements = valid = 0
    for line in pathlib.Path(file).read_text().splitlines():
        case = json.loads(line)
        check = validator(folder, case["schema"], case["definition"])
        is_valid = check.is_valid(case["instance"])
        checked += 1
        valid += is_valid
        if is_valid != case["valid"]:
            disagreements += 1
            reasons = [f"{error.json_path}: {error.message}" for error in check.iter_errors(case["instance"])]
            print(json.dumps({**case, "errors": reasons[:3]})[:2000])
    print(json.dumps({"checked": checked, "valid": valid, "disagreements": disagreements}))
    sys.exit(1 if disagreements else 0)


if __name__ == "__main__":
    main()
