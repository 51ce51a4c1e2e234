from services.responses.app import build
from services.responses.settings import ResponsesSettings
from services.runtime.service import main

main("responses", ResponsesSettings, build)
