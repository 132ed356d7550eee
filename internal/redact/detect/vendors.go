package detect

// vendorNames are services whose keys have no format of their own: their name beside random text tells.
const vendorNames = `abstractapi abuseipdb abyssale accuweather adafruit adobe adzuna aeroworkflow agora ai21 airbrake airbyte airship airtable airvisual aiven alchemy alconost
	alegra aletheia algolia alibaba alienvault allsports amadeus ambee amplitude anthropic anypoint apacta api2cart api_metrics api_template apiary apideck
	apiflash apifonica apify apilayer apimatic apimetrics apitemplate apollo appcenter appcues appfollow appointedd appoptics appsynergy apptivo appwrite
	artifactory artsy asana assembly atlassian audd auth0 autodesk autoklose autopilot avaza aviationstack aws_ axonaut aylien ayrshare azure bandwidth_
	bannerbear baremetrics baserow baseten beamer beebole besnappy besttime better_stack betterstack billomat bitbar bitbucket bitcoinaverage bitfinex bitly
	bitmex bittrex blazemeter blitapp blocknative blogger blynk bombbomb boostnote borgbase braintree braintrust branch brandfetch braze_ browserstack browshot
	bscscan buddyns budibase bugherd bugsnag buildkite bulbul bulksms buttercms caflou calendarific calendly calorieninja campayn cannyio capsulecrm captaindata
	carboninterface cartesia cashboard caspio census_ censys centralstationcrm cerebras cexio chargebee chartmogul chatfule checklyhq checkout. checkvist circle
	clarifai clearbit clerk_ clickhelp clickhouse clicksend clickup cliengo clientary clinchpad clockify clockworksms closecrm cloudant cloudconvert cloudelements
	cloudflare cloudimage cloudinary cloudmersive cloudplan cloudsight cloudsmith cloverly cloze clustdoc codacy codeclimate codecov codemagic codequiry cohere
	coinapi coinbase coinlayer coinlib collect2 commercejs companyhub confluent contentful conversiontools convertapi convertkit convex_ convier couchbase
	countrylayer coveralls craftmypdf crates crowdin cryptocompare currencycloud currencyfreaks currencylayer currencyscoop currentsapi customer.io customerio cypress d-id
	d7network daily_ dailyco dareboost databox databricks datadog datagov debounce deepai deepgram deepinfra deepseek delighted demio dependency_track deputy_
	detectify detectlanguage deviant dfuse diffbot diggernaut digitalocean discord disqus dnscheck docker docparser documo docusign doppler dotdigital dovico
	dronahq droneci dropbox duffel duply dwolla dynalist dynatrace dyspatch eagleeyenetworks easy_insight easyinsight easypost ecostruxure edamam edenai elastic
	elevenlabs enablex endorlabs enigma_ etherscan ethplorer etsy eventbrite everhour exa_ exchange_rate exchangerate facebook faceplusplus fastforex fastly
	fauna_ feedier fetchrss fibery figma_ fileio financialmodelingprep findl finicity finnhub firebase firecrawl fireworks fivetran fixerio flatio fleetbase
	flexport flickr flightapi flightlabs flightstats flowflu flutterwave flyio fmfw formbucket formcraft formio formsite foursquare frameio freshbooks freshdesk
	freshworks fulcrum fullstory fxmarket geckoboard gemini_ geoapify geocodify geocodio geoipifi getemail getgeo getgist getresponse getsandbox github gitlab
	gitter glassnode gocanvas gocardless godaddy google grafana graphcms graphhopper groovehq groq gtmetrix guardian gumroad gyazo happyscribe harness_ hasura
	hellosign helpcrunch helpscout hereapi heroku heygen hightouch hiveage holidayapi honeycomb html2pdf hubspot hugging hybiscus hyperbolic hypertrack ibm_
	iconfinder iexapis iexcloud imagekit imagga infura inngest insightly instabot instagram instamojo intercom interseller intra42 intrinio invoiceocean ionic
	ip2location ipapi ipgeolocation ipinfo ipquality ipstack iterable jenkins jfrog jira jotform jumpcloud jupiterone kanban karma_ karmacrm keen kickbox
	klaviyo klipfolio knapsack knock_ kontent kraken kucoin kylas lago_ lambdalabs langchain langfuse langsmith languagelayer larksuite launchdarkly
	leadfeeder lemlist lemonsqueezy lendflow lessannoyingcrm lexigram line_ linear linemessaging linenotify linkedin linkpreview liveagent livekit livestorm
	loadmill lob_ locationiq loggly loginradius logzio lokalise looker loops_ loyverse lunchmoney madkudu magicbell mailboxlayer mailchimp mailerlite mailgun
	mailjet mailmodo mailsac mandrill mapbox mapquest marketstack mattermost mavenlink maxmind meaningcloud mediastack meistertask meraki mesibo messagebird
	metaapi metabase metrilo metronome mindmeister miro_ mistral mixmax mixpanel mockaroo monday mongo monkeylearn moonclerk moosend moralis mrticktock murf_ mux_
	myfreshworks myintervals nasa_ nasdaq naver netcore nethunt netlify netsuite neutrinoapi new-york-times new_relic newrelic newsapi newscatcher nexmo nftport
	nhost nicereply nightfall nocodb noticeable notion_ novita nozbe nuget numverify nutritionix nylas nytimes oanda octopusdeploy okta ollama omnisend onedesk
	onelogin onepagecrm onesignal onfleet oopspam openai opencage openrouter openuv openvpn openweather opsgenie optimizely orb_ overloop owlbot owm packagecloud
	paddle_ pagarme pagerduty pandadoc pandascore paperform paralleldots parsehub parseur particle partnerstack pastebin paydirt paymo paypal paystack pdflayer
	pdfshift pendo peopledatalabs pepipost percy perplexity pganalyze photoroom pinata pinecone pipedream pipedrive pivotal pixabay plaid planetscale planview
	planyo playht plivo podio_ pollsapi poloniex portainer postageapp postbacks posthog postman postmark powrbot prefect prodpad prospectcrm protocolsio
	proxycrawl pubnub pulumi purestake pushbullet pusher qase_ qualaroo quandl qubole rabbitmq railway_ railwayapp ramp_ rapidapi rawg_ razorpay reachmail readme
	reallysimplesystems rebrandly recaptcha rechargepayments recurly redhatpyxis redis refiner_ rentman repairshopr replicate replyio requestfinance resemble
	resend restpack revampcrm ringcentral ritekit robinhood rocketreach rockset rollbar rootly route4me rownd rubygems runpod runrunit runscope saladcloud
	salesblink salescookie salesflare salesforce salesmate satismeter sauce scale. scale_ scaleway scalr scrapeowl scraper scrapestack scrapfly scrapingant
	scrapingbee screenshotapi screenshotlayer scrutinizer securitytrails segment selectpdf sendbird sendgrid sendinblue sendle sentry serpapi serper serphouse
	serpstack sherpadesk shipday shippo shodan shopify shotstack shutterstock sidekiq signable signalwire signaturit signupgenius sigopt simfin simplesat
	simplynoted simvoly sinch sirv_ siteleaf skrapp skybiometry slack smartsheet smartystreets smooch snipcart snowflake snyk softlayer solarwinds sonar
	sourcegraph sparkpost spectralops speechtext splunk spoonacular sportsmonk spotify square sslmate stability stackhawk statuscake statuspage statuspal
	stitchdata stockdata storecove stormboard stormglass storyblok storychief strava stripe stripo stytch sugester sumologic supabase supernotes surveyanyplace
	surveybot surveysparrow survicate swiftype synthesia tableau tailscale tallyfy tatum tavily tavus_ taxjar teamcity teamgate teamwork tefter telegram teletype
	telnyx temporal_ testingbot textmagic the-odds theodds thinkific thousandeyes ticketmaster tickettailor tiingo timecamp timezoneapi tineswebhook tmdb tmetric
	todoist together toggl tokeet tomorrowio tomtom travelpayouts travis trello trigger_ truenas tumblr turso_ twelvedata twilio twitch twitter tyntec typeform
	typetalk ubidots uclassify unifyid unsplash upcdatabase uplead uploadcare upstash uptimerobot upwave urlscan userflow userstack vatlayer vbout vercel verimail
	veriphone versioneye viewneo vimeo virustotal visualcrossing vk_ voiceflow voicegain vonage voodoosms vouchery voyage vpnapi vultr vyte_ wakatime walkscore
	wandb weather_ weatherbit weatherstack web3storage webex_ webflow webscraping websitepulse weightsandbiases wepay whoxy wistia wit.ai woocommerce workos
	worksnaps workstack worldcoinindex worldweather wpengine wrike xai_ xata_ yandex yelp youneedabudget yousign youtube zapier zendesk zenkit zenrows zenscrape
	zenserp zeplin zerobounce zerotier zipbooks zipcodeapi zipcodebase zoho zonka zoom zulip`
