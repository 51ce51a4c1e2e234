from services.responses.app import build
from services.runtime.service import main
from services.runtime.settings import Settings

main("responses", Settings, build)
