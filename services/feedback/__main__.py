from services.feedback.app import build
from services.runtime.service import main
from services.runtime.settings import Settings

main("feedback", Settings, build)
