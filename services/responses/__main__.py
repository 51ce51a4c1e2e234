from services.responses.app import build
from services.responses.settings import ResponsesSettings
from services.runtime.command import main

main("responses", ResponsesSettings, build)
