# syntax=docker/dockerfile:1

FROM node:22-slim AS fonts
WORKDIR /fonts
COPY .npmrc package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.txt requirements-fonts.txt ./
# The font tools stay out of the virtual environment, and with this stage out of the image.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir -r requirements.txt \
    && pip install --no-cache-dir -r requirements-fonts.txt
COPY --from=fonts /fonts/node_modules node_modules
COPY scripts/fonts.py scripts/
RUN python scripts/fonts.py
COPY cointracker cointracker
RUN /opt/venv/bin/pybabel compile -d cointracker/locales -D cointracker

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    COINTRACKER_ACCESS=private \
    FORWARDED_ALLOW_IPS=
WORKDIR /app
# The data folder belongs to the user before it becomes a volume, so a new volume does too.
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /app cointracker \
    && install -d -o cointracker -g cointracker data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app/static static
COPY --from=build /app/cointracker cointracker
COPY .streamlit .streamlit
COPY assets assets
COPY pages pages
COPY LICENSE app.py dashboard.py ./
USER 10001
VOLUME /app/data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8501/api/health/', timeout=4)"]
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0"]
